"""Pure rules of forwarding."""
