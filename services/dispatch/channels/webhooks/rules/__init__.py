"""Pure rules of webhooks: which URLs are allowed, and the signature."""
