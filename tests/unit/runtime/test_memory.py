import gc
from collections.abc import Generator

import pytest

from shared.runtime.ops.gc_tuning import freeze_startup_objects


@pytest.fixture(autouse=True)
def restored() -> Generator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


def test_what_was_loaded_is_looked_at_no_more_and_what_comes_later_is() -> None:
    loaded = [object()]
    freeze_startup_objects()
    later: list[object] = []
    looked_at = {id(thing) for thing in gc.get_objects()}

    assert id(loaded) not in looked_at
    assert id(later) in looked_at
