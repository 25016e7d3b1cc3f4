"""Distribution of tests over the workers of pytest-xdist."""

from typing_extensions import override
from xdist.scheduler import LoadFileScheduling

_OF_ONE_ROUTER = ("tests/e2e/", "tests/integration/operators/")


class RouterTestsOnOneWorker(LoadFileScheduling):
    """Schedules file by file, and all tests of one router on one worker."""

    @override
    def _split_scope(self, nodeid: str) -> str:
        folders = [folder for folder in _OF_ONE_ROUTER if nodeid.startswith(folder)]
        return folders[0] if folders else super()._split_scope(nodeid)
