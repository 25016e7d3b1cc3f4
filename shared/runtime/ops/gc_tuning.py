"""What the garbage collector looks at."""

import gc

_YOUNG = 20_000
"""A batch makes some ten thousand objects that live as long as it does; 700 is Python's default."""
_OLD, _OLDEST = 50, 100


def freeze_startup_objects() -> None:
    """Let the collector never look again at what was loaded so far, and seldom at the rest.

    A catalogue and its phrases are some hundred thousand objects that live as long as the process.
    Looking through them again and again took a third of triage's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _OLD, _OLDEST)
