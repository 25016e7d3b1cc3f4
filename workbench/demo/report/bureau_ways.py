"""Section of the summary about the ways by which bureaus got their work."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from workbench.demo.report.layout import counted
from workbench.demo.report.result import DemoResult
from workbench.demo.run.bureau_ways import BY_FEED, BY_WEBHOOK
from workbench.demo.run.observations import BureauCalls


def bureau_ways(result: DemoResult) -> Iterator[RenderableType]:
    """Count what one bureau got by webhook and another read from its feed."""
    called, read = (
        result.seen.bureau_calls.get(bureau, BureauCalls()) for bureau in (BY_WEBHOOK, BY_FEED)
    )
    names = {code: bureau.name for code, bureau in result.city.bureaus.items()}
    again = called.calls - len(called.events)
    yield Text(
        f"{names[BY_WEBHOOK]} got {counted(len(called.events), 'event')} by webhook, in "
        f"{counted(called.calls, 'call')}: {counted(again, 'call was', 'calls were')} refused on "
        f"purpose and made again. {names[BY_FEED]} read {counted(len(read.events), 'event')} from "
        f"its feed, in {counted(read.calls, 'page')}; both answered over HTTP, all others by Kafka."
    )
