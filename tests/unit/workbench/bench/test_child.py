import pytest

from shared.runtime.kafka_access import KafkaAccess
from workbench.bench.child import ChildFailedError, child, finished

ACCESS = KafkaAccess("127.0.0.1:9")


async def test_a_child_ends_with_the_block() -> None:
    async with child(ACCESS, "http.server", "--bind", "127.0.0.1", "0") as process:
        assert process.returncode is None

    assert process.returncode == -9


async def test_a_child_that_fails_gives_no_figure() -> None:
    async with child(ACCESS, "json.tool", "/no/such/file") as process:
        with pytest.raises(ChildFailedError):
            await finished(process)
