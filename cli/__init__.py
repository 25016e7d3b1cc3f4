"""The ``route311`` command."""
