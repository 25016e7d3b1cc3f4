"""Services with a fault built in; each is run in place of the plain one."""
