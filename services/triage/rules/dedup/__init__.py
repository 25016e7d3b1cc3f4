"""When two reports are the same problem, and how the cases that may be it are found."""
