"""How the tests are shared out among the workers of one run."""

from typing_extensions import override
from xdist.scheduler import LoadFileScheduling

_WHOLE_ROUTERS = "tests/e2e/"


class RouterTestsOnOneWorker(LoadFileScheduling):
    """Gives a worker file after file, and one of them all tests that run whole routers."""

    @override
    def _split_scope(self, nodeid: str) -> str:
        whole = nodeid.startswith(_WHOLE_ROUTERS)
        return _WHOLE_ROUTERS if whole else super()._split_scope(nodeid)
