"""Lists of public requests, as Open311 and the residents' pages show them."""
