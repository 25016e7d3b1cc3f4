"""The mail of a digest, as a mail program and a spreadsheet read it."""

import csv
import io
from datetime import date
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any
from zoneinfo import ZoneInfo

from services.dispatch.channels.forwarding.digests import (
    COLUMNS,
    DigestHead,
    digest_csv,
    digest_mail,
)
from services.dispatch.channels.forwarding.store.digests import DigestEntry
from services.dispatch.outbound import work_order_state
from tests.support.builders import NOON, location
from tests.support.dispatch.factories import case, order, problem

HEAD = DigestHead(
    "PPR-UF",
    "Urban Forestry",
    "City of Portland",
    ZoneInfo("America/Los_Angeles"),
    "311@example.gov",
    "trees@example.gov",
)
DAY = date(2026, 3, 2)


def entry(summary: str = "Deep hole", section: str = "new", **place: Any) -> DigestEntry:
    of = case(order("PPR-UF"), problem=problem(summary=summary, location=location(**place)))
    return DigestEntry(section, work_order_state(of, of.orders[0]))  # type: ignore[arg-type]


def test_the_mail_has_a_short_table_and_all_of_it_as_csv() -> None:
    entries = [entry(f"Ein Schlagloch für {n}", address="Calle de Añil 5") for n in range(30)]

    raw = digest_mail(HEAD, DAY, [*entries, entry(section="open")], NOON)
    mail = message_from_bytes(raw, policy=default)

    assert isinstance(mail, EmailMessage)
    assert mail["Message-ID"] == "<digest-ppr-uf-2026-03-02@example.gov>"
    assert raw.isascii()
    assert (mail["To"], mail["Subject"]) == (
        "trees@example.gov",
        "PPR-UF: work orders of 2026-03-02",
    )
    assert mail["Auto-Submitted"] == "auto-generated"
    text = mail.get_body(("plain",))
    assert text
    lines = text.get_content().splitlines()
    assert lines[0] == "Urban Forestry: work orders of Monday, March 2, 2026."
    assert "NEW (30)" in lines
    assert "  and 5 more" in lines
    assert "OPEN (1)" in lines
    assert "  P4  Pothole | Calle de Añil 5 | issued, due Tue Mar 3, 04:00" in text.get_content()
    [attached] = mail.iter_attachments()
    assert attached.get_filename() == "ppr-uf-2026-03-02.csv"
    assert attached.get_content_type() == "text/csv"
    assert attached.get_content_charset() == "utf-8"
    rows = list(csv.DictReader(io.StringIO(attached.get_content(), newline="")))
    assert len(rows) == 31
    assert rows[0]["summary"] in {f"Ein Schlagloch für {n}" for n in range(30)}


def test_csv_is_rfc_4180_and_holds_no_formula() -> None:
    formulas = [
        '=HYPERLINK("http://evil.example","x")',
        *("+1", "-1", "@SUM(A1)", "\tx", " =1", "\r1"),
        *("\uff1d1", "\uff0b1", "\uff0d1", "\uff20SUM(A1)", "\ufe661"),  # full width, and small
        *("\u00a0=1", "\u200b=1", "\u3000\uff1d1", "\ufeff \u2060-1", "\u202e=1"),
    ]
    texts = [*formulas, 'Say "no", please\nnow', "plain", "\u00a0plain", "\u3000", ""]
    entries = [entry(text, address="-5 Main St", latitude=45.5, longitude=-122.6) for text in texts]

    out = digest_csv(entries)
    rows = list(csv.reader(io.StringIO(out, newline="")))

    assert rows[0] == list(COLUMNS)
    assert (
        out.replace("please\nnow", "").replace("\r1", "").count("\n")
        == out.count("\r\n")
        == len(texts) + 1
    )
    read = [dict(zip(COLUMNS, row, strict=True)) for row in rows[1:]]
    assert [row["summary"] for row in read] == [
        *(f"'{text}" for text in formulas),
        *texts[len(formulas) :],
    ]
    assert {row["address"] for row in read} == {"'-5 Main St"}
    assert {(row["latitude"], row["longitude"]) for row in read} == {("45.5", "-122.6")}


def test_a_work_order_without_a_place_has_empty_cells() -> None:
    row = digest_csv([entry(latitude=None, longitude=None, precision="none")]).splitlines()[1]

    assert ",Deep hole,,,,2026-03-02" in row
