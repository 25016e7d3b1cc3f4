"""Forwarding of work orders to bureaus with a system of their own."""
