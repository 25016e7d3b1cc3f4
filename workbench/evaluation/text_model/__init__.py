"""Training of the text model from labelled texts."""
