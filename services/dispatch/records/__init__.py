"""Value types that the core of dispatch and its channels share."""
