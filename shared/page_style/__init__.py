"""The look of all residents' pages: one style sheet, in the colour of a city."""
