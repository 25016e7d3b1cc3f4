"""Pure rules of e-mail: parsing of messages, and conversations."""
