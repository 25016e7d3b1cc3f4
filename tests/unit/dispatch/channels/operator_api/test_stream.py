"""The stream of cases, without its database."""

from collections.abc import Collection, Mapping, Sequence

from services.dispatch.channels.operator_api.stream import CaseStream
from services.dispatch.records.answers import KeptEvent
from services.dispatch.workers import FeedWatch
from tests.support.dispatch.factories import ports


class NoEvents:
    async def page(self, _after: int, _limit: int) -> Sequence[KeptEvent]:
        return []

    async def heads(self, _streams: Collection[str]) -> Mapping[str, int]:
        return {}


class Reader:
    """A caller who leaves after the third comment."""

    comments = 0

    async def write(self, data: bytes) -> None:
        assert data.startswith(b":")
        assert data.endswith(b"\n\n")
        self.comments += 1

    @property
    def transport(self) -> object:
        return self.comments < 3 or None


async def test_comments_show_that_a_quiet_stream_is_alive_until_its_reader_leaves() -> None:
    events, reader = NoEvents(), Reader()
    core = ports(case_events=events, case_watch=FeedWatch(events.heads))
    stream = CaseStream(core, comment_every_s=0.01)

    await stream.send(reader, reader, 0)  # type: ignore[arg-type]

    assert reader.comments == 3
