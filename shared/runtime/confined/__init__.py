"""Confined processes: untrusted bytes are read under limits of processor, memory and time."""
