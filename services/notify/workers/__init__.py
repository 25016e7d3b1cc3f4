"""Loops beside the consumer: erasures that are not read yet, contacts that are not sealed yet."""
