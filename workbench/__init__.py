"""TODO: workbench."""
