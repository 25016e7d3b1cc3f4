"""Makes a kind of request out of the checked entry of its file."""

from datetime import timedelta

from shared.catalogue.draft import Draft
from shared.catalogue.entries import BureauEntry, LocalTextEntry
from shared.catalogue.local_text import LocalText
from shared.catalogue.routing import AfterHours, Informed, Referral
from shared.catalogue.section import Found
from shared.catalogue.service_entry import NeedsEntry, ServiceEntry
from shared.catalogue.service_type import (
    Attribute,
    Dedup,
    Keywords,
    Meant,
    Needs,
    ServiceType,
    Source,
)

_HOUR = timedelta(hours=1)
_YES_OR_NO = (("yes", LocalText("Yes", "Sí")), ("no", LocalText("No", "No")))
_OPTIONAL_NEEDS = ("address", "contact", "description", "photo")


def service_type(found: Found[ServiceEntry], draft: Draft) -> ServiceType:
    """Return the kind that an entry without faults describes."""
    entry = found.entry
    return ServiceType(
        code=found.code,
        name=_text(entry.name),
        group=_text(draft.headings[found.document.file]),
        keywords=Keywords(entry.keywords.en, entry.keywords.es),
        also_said=Keywords(entry.also_said.en, entry.also_said.es),
        priority=entry.priority,
        target_hours=entry.target / _HOUR,
        dedup=Dedup(
            entry.dedup.group or found.code.lower(), entry.dedup.window, entry.dedup.radius
        ),
        hazard=entry.hazard.rule,
        hazard_conditions=entry.hazard.conditions,
        implies=entry.implies,
        harmless=entry.harmless,
        meant=tuple(Meant(m.kind, m.when, frozenset(m.unless)) for m in entry.meant),
        emergency=entry.emergency,
        lead=entry.lead,
        informed=tuple(
            Informed(informed.bureau, when)
            for informed in entry.inform
            for when in informed.when or (None,)
        ),
        notes=entry.notes,
        referrals=tuple(
            Referral(referral.agency, when, referral.reason)
            for referral in entry.refer
            for when in referral.when or (None,)
        ),
        after_hours=_after_hours(entry, draft),
        needs=_needs(entry.needs),
        attributes=tuple(_attribute(code, entry, draft) for code in entry.asks),
        source=Source(entry.source.urls, entry.source.sourced),
    )


def _text(entry: LocalTextEntry) -> LocalText:
    return LocalText(entry.en, entry.es)


def _after_hours(entry: ServiceEntry, draft: Draft) -> AfterHours:
    """Return the route; without words of its own it is told by names and numbers."""
    route = entry.after_hours
    who: list[BureauEntry] = []
    if route.bureau is not None:
        who.append(draft.bureaus.found[route.bureau].entry)
    if route.agency is not None:
        who.append(draft.agencies.found[route.agency].entry)
    text = route.text or "; ".join(" ".join(filter(None, (body.name, body.phone))) for body in who)
    return AfterHours(route.bureau, route.agency, route.urgent_only, text)


def _needs(entry: NeedsEntry) -> Needs:
    return Needs(
        location=entry.location == "required",
        contact=entry.contact == "required",
        description=entry.description == "required",
        photo=entry.photo == "required",
        welcome=frozenset(n for n in _OPTIONAL_NEEDS if getattr(entry, n) == "welcome"),
    )


def _attribute(code: str, entry: ServiceEntry, draft: Draft) -> Attribute:
    field = draft.fields.found[code].entry
    required = code in entry.insists_on
    if field.type == "yes_no":
        return Attribute(code, "singlevaluelist", required, _text(field.name), _YES_OR_NO)
    values = tuple((key, _text(name)) for key, name in field.values.items())
    return Attribute(code, field.type, required, _text(field.name), values)
