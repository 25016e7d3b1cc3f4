"""Distribution of tests over the workers of pytest-xdist."""

from typing_extensions import override
from xdist.scheduler import LoadFileScheduling

_ROUTER_TESTS = "tests/e2e/"


class RouterTestsOnOneWorker(LoadFileScheduling):
    """Schedules file by file, and all tests that run whole routers on one worker."""

    @override
    def _split_scope(self, nodeid: str) -> str:
        is_router_test = nodeid.startswith(_ROUTER_TESTS)
        return _ROUTER_TESTS if is_router_test else super()._split_scope(nodeid)
