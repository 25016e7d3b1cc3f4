"""What operators order: one module for each kind of change, and how they are told no."""
