"""Message of a monthly report: the public figures as tables, in HTML and as text."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from html import escape
from typing import NamedTuple, TypeAlias

from services.insight.ports import FiguresOfMonth, Row
from services.insight.records import MonthlyReport
from shared.vocabulary import InsightReport

_MOST_ROWS = 20
_MANY_HOURS = 72  # from here on, days are enough
_NONE = "\u2013"
_SEVEN_BIT = SMTP.clone(cte_type="7bit")
_NOTES = (
    "Jobs that are still open count as not done yet. Ratio: how often a problem that stands is "
    "reported again, against the whole city; where 1 lies between the two numbers beside it, the "
    "difference can be chance. It does not say how many problems there are. Not in these figures: "
    "problems that nobody reported, and numbers from 1 to 10."
)
_STYLE = 'style="text-align: left; padding: 2px 12px 2px 0"'

Columns: TypeAlias = Mapping[str, Callable[[Row], object]]


class Table(NamedTuple):
    """Rows below a title; ``hidden`` more are left out."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    hidden: int


def monthly_mail(
    report: MonthlyReport, figures: FiguresOfMonth, sender: str, pages_url: str, now: datetime
) -> EmailMessage:
    """Return the message without its recipient; its Message-ID is the same for each retry."""
    title = f"{report.city}: reports of {figures.month.first_day:%B %Y}"
    link = f"{pages_url}/performance?month={figures.month}" if pages_url else ""
    found = [*_tables(report, figures)]
    message = EmailMessage(policy=_SEVEN_BIT)
    message["From"] = formataddr((f"{report.city} 311", sender))
    message["Subject"] = title
    message["Date"] = format_datetime(now)
    domain = sender.rpartition("@")[2]
    message["Message-ID"] = f"<monthly-{report.id}-{figures.month}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("\n".join([title, _NOTES, link, *_text(found)]) + "\n")
    message.add_alternative("\n".join(_html(title, link, found)), subtype="html")
    return message


def _hours(hours: float | None) -> str:
    if hours is None:
        return _NONE
    return f"{hours:.0f} h" if hours < _MANY_HOURS else f"{hours / 24:.0f} days"


def _count(name: str) -> Callable[[Row], object]:
    return lambda row: _NONE if row.figures[name] is None else row.figures[name]


def _ratio(name: str) -> Callable[[Row], object]:
    return lambda row: _NONE if row.figures[name] is None else f"{row.figures[name]:.2f}"


_VOLUMES: Columns = {"Reports": lambda row: row.n}
_OF_REPORTS: Mapping[InsightReport, tuple[str, Columns]] = {
    "volumes": ("What came in", _VOLUMES),
    "times": (
        "How fast it was done",
        {
            "Half were done after": lambda row: _hours(row.figures["complete"]["median_hours"]),
            "Nine of ten after": lambda row: _hours(row.figures["complete"]["p90_hours"]),
            "Jobs": lambda row: row.n,
        },
    ),
    "promises": (
        "What we promised",
        {
            "Kept": _count("kept"),
            "Missed": _count("missed"),
            "Open and late": _count("open_past_due"),
        },
    ),
    "reporting": (
        "Who is heard",
        {"Ratio": _ratio("ratio"), "Likely from": _ratio("wide_low"), "to": _ratio("wide_high")},
    ),
}


def _tables(report: MonthlyReport, figures: FiguresOfMonth) -> Iterator[Table]:
    yield _table("Reports", "month", _VOLUMES, figures.volumes, {})
    names = {"kind": report.kinds, "district": report.districts}
    for name, by_dimension in figures.tables.items():
        title, columns = _OF_REPORTS[name]
        for by, rows in by_dimension.items():
            ordered = sorted(rows, key=lambda row: -(row.n or 0))
            yield _table(title, by, columns, ordered, names[by])


def _table(
    title: str, by: str, columns: Columns, rows: Sequence[Row], names: Mapping[str, str]
) -> Table:
    shown = [row for row in rows if row.n is not None][:_MOST_ROWS]
    codes = [str(row.cell[0] or _NONE) for row in shown]
    lines = [
        [names.get(code, code), *(str(of(row)) for of in columns.values())]
        for code, row in zip(codes, shown, strict=True)
    ]
    return Table(f"{title}, by {by}", [by.title(), *columns], lines, len(rows) - len(lines))


def _text(found: Sequence[Table]) -> Iterator[str]:
    for one in found:
        yield f"\n{one.title.upper()}\n{' | '.join(one.columns)}"
        yield from (" | ".join(row) for row in one.rows)
        yield from _left_out(one)


def _html(title: str, link: str, found: Sequence[Table]) -> Iterator[str]:
    yield f'<!doctype html><html lang="en"><title>{escape(title)}</title>'
    yield f"<h1>{escape(title)}</h1><p>{escape(_NOTES)}</p>"
    if link:
        yield f'<p><a href="{escape(link)}">The same with charts</a></p>'
    for one in found:
        yield f"<h2>{escape(one.title)}</h2><table><tr>"
        yield "".join(f'<th scope="col" {_STYLE}>{escape(name)}</th>' for name in one.columns)
        for first, *others in one.rows:
            yield f'<tr><th scope="row" {_STYLE}>{escape(first)}</th>'
            yield "".join(f"<td {_STYLE}>{escape(text)}</td>" for text in others)
        yield "</table>"
        yield from (f"<p>{line}</p>" for line in _left_out(one))


def _left_out(one: Table) -> Iterator[str]:
    if one.hidden:
        yield f"{one.hidden} more not shown: few reports, or others have more."
