"""Confined processes: untrusted bytes are processed under limits of CPU, memory and time."""
