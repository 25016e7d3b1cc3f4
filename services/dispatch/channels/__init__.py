"""Channels of dispatch: the APIs of bureaus and operators, webhooks, and forwarding."""
