"""Reading of what people write in conversations, by text message or e-mail."""
