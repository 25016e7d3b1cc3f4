import gzip
from pathlib import Path

import pytest

from workbench.check.facts.log_files import DamagedLogError, contacts_in, load_log_files
from workbench.check.facts.store import open_store


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (
            b"('127.0.0.1', 50940) >> b'MAIL FROM:<Ana.B@Example.org> size=483'",
            b"ana.b@example.org",
        ),
        (b"GET /report?email=ana%40example.org&x=1", b"ana@example.org"),
        (b'{"to": "+15035550142"}', b"+15035550142"),
        (b"call (503) 555-0142 now", b"+15035550142"),
        (b"call 503.555.0142.", b"+15035550142"),
        (b"To=%2B525512345678", b"+525512345678"),
    ],
)
def test_a_plain_contact_is_found_in_each_form(line: bytes, found: bytes) -> None:
    assert {one for _, one, is_plain in contacts_in(line) if is_plain} == {found}


@pytest.mark.parametrize(
    "line",
    [
        b'{"request": "0197a1b2-c3d4-7000-8000-503555014200", "at": "2026-11-30T00:22:04.933269Z"}',
        b"26-7KQ4-M2R5XC from 203.0.113.7:50940, 0.5035550142 s, offset +00:00",
        b"postgresql://route311@127.0.0.1:5432/route311, postgres@sha256:0a1b, a@b",
        b"number 2035550142000, topic/3/2035550, 555-0142",
    ],
)
def test_what_services_write_is_no_contact(line: bytes) -> None:
    assert list(contacts_in(line)) == []


def test_ten_digits_are_a_number_only_if_a_reporter_has_it() -> None:
    assert list(contacts_in(b"at 5035550142")) == [("phone number", b"+15035550142", False)]


def test_packed_logs_are_searched_and_damaged_ones_named(tmp_path: Path) -> None:
    packed = gzip.compress(b"ready\nfrom ana@example.org\n" * 2_000)
    (tmp_path / "intake.log.1.gz").write_bytes(packed)
    with open_store() as store:
        load_log_files(tmp_path, store)
        store.build_indexes()
        places = [place for (place,) in store.query("SELECT place FROM logged")]

    (tmp_path / "intake.log.1.gz").write_bytes(packed[:-20])
    with (
        open_store() as store,
        pytest.raises(DamagedLogError, match=r"intake\.log\.1\.gz is damaged"),
    ):
        load_log_files(tmp_path, store)

    assert places[:2] == ["intake.log.1.gz:2: e-mail address", "intake.log.1.gz:4: e-mail address"]
    assert len(places) == 2_000
