"""The command line of an evaluation."""
