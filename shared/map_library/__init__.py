"""Scripts of others that draw the city's map, and ours, for the pages of intake and the console."""

from pathlib import Path

FOLDER = Path(__file__).parent
CITY_MAP = FOLDER / "city"
