"""From a submission as received to a validated one, or to its field errors."""
