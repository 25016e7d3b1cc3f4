"""The demo's output: a live view while it runs, and a summary at its end."""
