"""The choice of a report's kind: likely ones by its words, those of a search, and all others."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.intake.channels.pages.form import PageForm
from shared.catalogue import Jurisdiction, ServiceType


@dataclass(frozen=True, slots=True)
class KindChoices:
    """The kinds from which a person chooses; ``other`` is always the last one.

    Attributes:
        likely: By the words of the report, with the chosen one among them.
        found: By the words of a search; None without a search.
        groups: All kinds but ``other`` by heading, both in alphabetical order.
        chosen: Code; empty while none is.
    """

    likely: Sequence[ServiceType]
    found: Sequence[ServiceType] | None
    groups: Mapping[str, Sequence[ServiceType]]
    other: ServiceType
    chosen: str


def chosen_kind(form: PageForm, view: Mapping[str, Any]) -> str:
    """Return the code of the kind that a person chose, or that their words tell for sure."""
    is_sure = view and not view["unsure"]
    return form.text("service_code") or (is_sure and view["service_code"]) or ""


def is_search(form: PageForm) -> bool:
    """Return True for a form that searches for a kind, also by Enter in the field for it."""
    is_new = form.text("kind_words") != form.text("searched")
    is_same_kind = form.text("service_code") == form.text("asked")
    return form.text("to") == "search" or (is_new and is_same_kind)


def kind_choices(
    city: Jurisdiction,
    language: str,
    chosen: str,
    likely: Iterable[str],
    found: Sequence[ServiceType] | None,
) -> KindChoices:
    """Return the choices; ``likely`` are codes, the likeliest first."""
    groups: dict[str, list[ServiceType]] = {}
    for kind in sorted(city.services.values(), key=lambda kind: kind.name.in_language(language)):
        if kind.code != city.other_code:
            groups.setdefault(kind.group.in_language(language), []).append(kind)
    codes = list(likely)
    if chosen in city.services and chosen not in {*codes, city.other_code}:
        codes.insert(0, chosen)
    return KindChoices(
        likely=[city.services[code] for code in codes],
        found=found,
        groups=dict(sorted(groups.items())),
        other=city.services[city.other_code],
        chosen=chosen,
    )
