"""How what is due gets out, each message at most once."""
