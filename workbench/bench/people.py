"""Synthetic load with people in it: how residents write, and what each channel knows of them.

A submission's text is drawn by the kind that its words tell. A fifth repeat an earlier report: the
same place and kind in other words. What else is in the mix is in the constants below.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from random import Random
from typing import Any, NamedTuple

from services.intake.rules.classification import choose_code, likely_kinds
from shared.catalogue import load_catalogue
from shared.catalogue.judgement import read_text
from shared.contract.events import SubmissionReceived
from workbench.bench.mix import require_this_machine
from workbench.bench.report_texts import report_texts
from workbench.demo.scenario.locations import NamedPlace, random_place
from workbench.demo.scenario.residents import Resident, Residents

CITY = "portland.gov"


class ChannelMix(NamedTuple):
    """Fields that the adapter of a channel fills in.

    Attributes:
        weight: Share of the submissions in percent.
        kind: Share that names its kind.
        point: Whether the place is measured.
        address: Whether the place has an address.
        photo: Share with a picture.
    """

    weight: int
    kind: float
    point: bool
    address: bool
    photo: float


CHANNELS = {
    "web": ChannelMix(35, 0.9, point=True, address=True, photo=0.25),
    "phone": ChannelMix(30, 1.0, point=False, address=True, photo=0.0),
    "app": ChannelMix(20, 0.9, point=True, address=False, photo=0.6),
    "email": ChannelMix(8, 0.0, point=False, address=True, photo=0.15),
    "open311": ChannelMix(4, 1.0, point=True, address=True, photo=0.3),
    "walk_in": ChannelMix(3, 1.0, point=False, address=True, photo=0.0),
}
SPANISH = 0.2
REPEATED = 0.2
REPORTED = 0.7  # of all; the others are anonymous
WITH_EMAIL = 0.5  # of reporters; they ask for messages
WITH_PHONE = 0.4  # of reporters
NAMED = 0.1  # of the texts of reporters have their name
PHONED = 0.1  # of all texts have a telephone number: the reporter's, if given
_SAME_PLACE_M = 10.0
_NAMED = {
    "en": ("{text} Thanks, {name}", "My name is {name}. {text}", "{text}\n{name}"),
    "es": ("{text} Gracias, {name}", "Me llamo {name}. {text}", "{text}\n{name}"),
}
_PHONED = {
    "en": ("{text} Call me at {phone}.", "{text} My number is {phone}", "{text} {phone}"),
    "es": ("{text} Llámenme al {phone}.", "{text} Mi número es {phone}", "{text} {phone}"),
}
_PHONE_FORMS = ("{0}-{1}-{2}", "({0}) {1}-{2}", "{0}.{1}.{2}", "+1 {0} {1} {2}", "{0}{1}{2}")


def people(random: Random, number: int, source: str) -> Iterator[SubmissionReceived]:
    """Yield submissions without end.

    Args:
        number: Number of the last one before.
    """
    texts, residents = _texts_by_kind(), Residents(random)
    weights = [channel.weight for channel in CHANNELS.values()]
    places: list[tuple[str, str, NamedPlace]] = []
    while True:
        number += 1
        channel = random.choices(list(CHANNELS), weights)[0]
        if places and random.random() < REPEATED:
            language, kind, place = random.choice(places)
            place = place.blurred(_SAME_PLACE_M, random)
        else:
            language = "es" if random.random() < SPANISH else "en"
            kinds = texts[language]
            kind = random.choices(list(kinds), list(map(len, kinds.values())))[0]
            place = random_place(random)
            places.append((language, kind, place))
        resident = residents.new(language) if random.random() < REPORTED else None
        reporter = _reporter(resident, random) if resident else {}
        text = random.choice(texts[language][kind])
        data: dict[str, Any] = {
            "jurisdiction": CITY,
            "channel": channel,
            "description": _with_contact(text, language, reporter, random),
            "language": language,
            "location": _location(CHANNELS[channel], place),
        }
        if random.random() < CHANNELS[channel].kind:
            data["service_code"] = kind
        if random.random() < CHANNELS[channel].photo:
            data["media"] = [{"url": f"https://photos.example/{number}.jpg"}]
        if reporter:
            data["reporter"] = reporter
        yield SubmissionReceived(id=f"bench-{number}", source=source, data=data)


@cache
def _texts_by_kind() -> Mapping[str, Mapping[str, Sequence[str]]]:
    """Return the texts by language and by the kind that intake would choose for them."""
    city = load_catalogue().jurisdictions[CITY]
    require_this_machine(
        {
            f"forward of {code}": bureau.forward.open311.endpoint
            for code, bureau in city.bureaus.items()
            if bureau.forward and bureau.forward.open311
        }
    )
    by_kind: dict[str, defaultdict[str, list[str]]] = {}
    for language, texts in report_texts().items():
        by_kind[language] = defaultdict(list)
        for text in texts:
            kind = choose_code(likely_kinds(read_text(text, city), city), city)
            by_kind[language][kind].append(text)
    return by_kind


def _location(channel: ChannelMix, place: NamedPlace) -> dict[str, Any]:
    location: dict[str, Any] = {}
    if channel.point:
        location |= {
            "latitude": place.point.latitude,
            "longitude": place.point.longitude,
            "accuracy_m": 10,
        }
    return location | ({"address": place.address} if channel.address else {})


def _reporter(resident: Resident, random: Random) -> dict[str, Any]:
    reporter: dict[str, Any] = {"name": resident.name, "language": resident.language}
    if random.random() < WITH_EMAIL:
        reporter |= {"email": resident.email, "status_updates": ["email"]}
    if random.random() < WITH_PHONE:
        reporter["phone"] = resident.phone
    return reporter


def _with_contact(text: str, language: str, reporter: Mapping[str, Any], random: Random) -> str:
    if reporter and random.random() < NAMED:
        text = random.choice(_NAMED[language]).format(text=text, name=reporter["name"])
    if random.random() < PHONED:
        number = reporter.get("phone", "+15035550142")
        written = random.choice(_PHONE_FORMS).format(number[2:5], number[5:8], number[8:])
        text = random.choice(_PHONED[language]).format(text=text, phone=written)
    return text
