"""Residents: unique addresses, and only the contact data that the channel knows."""

from cli.demo.scenario.channels import reporter_fields
from cli.demo.scenario.randomness import seeded_random
from cli.demo.scenario.residents import Residents


def test_no_two_people_share_an_address() -> None:
    people = Residents(seeded_random(1, "people"))
    assert len({people.new("es").email for _ in range(3_000)}) == 3_000


def test_addresses_are_plain_ascii() -> None:
    people = Residents(seeded_random(1, "people"))
    assert all(people.new("es").email.isascii() for _ in range(300))


def test_a_channel_tells_what_it_knows_of_a_person() -> None:
    ana = Residents(seeded_random(1, "people")).new("es")
    fields = reporter_fields(ana, "sms")
    assert fields == {"phone": ana.phone, "language": "es", "status_updates": ["sms"]}
    assert reporter_fields(ana, "sensor") is None
    written = reporter_fields(ana, "phone", with_email=True)
    assert written is not None
    assert (written["email"], written["status_updates"]) == (ana.email, ["email"])
