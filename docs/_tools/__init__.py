"""The build of the documentation site."""
