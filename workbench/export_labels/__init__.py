"""``route311 evaluation``: exports of the running router for evaluation and training."""
