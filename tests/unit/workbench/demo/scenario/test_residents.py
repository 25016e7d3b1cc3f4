"""Residents: unique addresses, and only the contact data that the channel knows."""

from deploy.local.services import SMS_NUMBER
from workbench.demo.scenario.channels import reporter_fields
from workbench.demo.scenario.randomness import seeded_random
from workbench.demo.scenario.residents import STORY_AREA_CODES, Residents


def test_no_two_people_share_an_address() -> None:
    people = Residents(seeded_random(1, "people"))
    assert len({people.new("es").email for _ in range(3_000)}) == 3_000


def test_no_two_people_share_a_telephone_not_even_with_the_city() -> None:
    people = Residents(seeded_random(1, "people"))
    told = Residents(seeded_random(1, "people"), STORY_AREA_CODES)
    numbers = {people.new("es").phone for _ in range(2_900)} | {
        told.new("en").phone for _ in range(99)
    }
    assert len(numbers) == 2_999
    assert SMS_NUMBER not in numbers


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
