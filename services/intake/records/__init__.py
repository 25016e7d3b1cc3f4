"""Value types that the core of intake and its channels share."""
