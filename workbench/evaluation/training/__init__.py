"""Training of a city's evidence weights from labelled duplicates."""
