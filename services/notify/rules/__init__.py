"""What notify decides, without a database, a clock or a server."""
