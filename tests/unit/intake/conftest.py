"""A busy machine makes no rule wrong: examples have no time limit of their own."""

from hypothesis import settings

settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")
