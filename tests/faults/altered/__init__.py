"""Services with a built-in fault, to run in place of the unaltered ones."""
