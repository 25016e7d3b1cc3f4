"""Tables of forwarding."""
