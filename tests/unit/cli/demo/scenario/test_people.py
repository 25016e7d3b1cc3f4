"""People: no two alike, and each channel tells only what it knows."""

from cli.demo.scenario.chance import chance
from cli.demo.scenario.people import People, as_reporter


def test_no_two_people_share_an_address() -> None:
    people = People(chance(1, "people"))
    assert len({people.somebody("es").email for _ in range(3_000)}) == 3_000


def test_addresses_are_plain_ascii() -> None:
    people = People(chance(1, "people"))
    assert all(people.somebody("es").email.isascii() for _ in range(300))


def test_a_channel_tells_what_it_knows_of_a_person() -> None:
    ana = People(chance(1, "people")).somebody("es")
    told = as_reporter(ana, "sms")
    assert told == {"phone": ana.phone, "language": "es", "status_updates": ["sms"]}
    assert as_reporter(ana, "sensor") is None
    written = as_reporter(ana, "phone", with_email=True)
    assert written is not None
    assert (written["email"], written["status_updates"]) == (ana.email, ["email"])
