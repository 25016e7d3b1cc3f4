"""TODO: sms."""
