"""Scripts of others that draw the city's map, for the pages of intake and of the console."""

from pathlib import Path

FOLDER = Path(__file__).parent
