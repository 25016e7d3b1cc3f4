"""How sure it is that two reports are the same problem, and how that is said."""

from services.triage.rules.dedup.comparison import Aspect, Finding, Link
from shared.catalogue.evidence import MOST_POINTS

_FAR = 0.25  # what the edge of the radius takes from a confidence of 1
_LATE = 0.15  # what the end of the window takes
_OTHER_KIND = 0.1  # what another kind of the same group takes
_HOUR_S = 3600.0


def confidence(link: Link, kind: str) -> float:
    """Return how sure the link is, from 0 to 1: the nearer in place and time, the surer.

    Where evidence was weighed it is the score, of 100. Else a link without a distance counts as
    one at the edge of the radius, and a time apart over the window as one at its end; those
    weights are a judgement and not measured.
    """
    if link.findings:
        return round(min(1.0, max(0.0, link.score / MOST_POINTS)), 3)
    distance = 1.0 if link.distance_m is None else link.distance_m / link.radius_m
    time = min(1.0, link.apart / link.window)
    other = 0.0 if kind == link.case.opening.kind else 1.0
    return round(1.0 - _FAR * distance - _LATE * time - _OTHER_KIND * other, 2)


def reasons(link: Link, kind: str) -> list[tuple[str, str | None]]:
    """Return the code of each reason for the link, with the figures and the points behind it."""
    opening = link.case.opening
    same = kind == opening.kind
    told: dict[Aspect, tuple[str, str | None]] = {
        "kind": ("same_kind", None) if same else ("same_group", f"{kind} and {opening.kind}"),
        "place": _place(link),
        "time": _time(link),
    }
    if not link.findings:
        return list(told.values())
    told |= {
        "group": ("usual_in_group", None),
        "usual": ("usual_of_kind", None),
        "street": ("same_street", None),
        "address": ("same_address", None),
        "same_sender": ("same_sender", None),
        "words": ("rare_words", None),
        "same_asset": ("same_asset", None),
        "other_asset": ("other_asset", None),
    }
    return [_with_points(told[found.aspect], found) for found in link.findings]


def _with_points(reason: tuple[str, str | None], found: Finding) -> tuple[str, str]:
    code, detail = reason
    return code, ", ".join(filter(None, (detail, found.detail, f"{found.points:+.0f} points")))


def hours(link: Link) -> float:
    """Return the hours between the two reports."""
    return link.apart.total_seconds() / _HOUR_S


def _place(link: Link) -> tuple[str, str | None]:
    if link.nearness != "near" or link.distance_m is None:
        return link.nearness, None
    code = "near" if link.is_within_radius else "in_reach"
    return code, f"{link.distance_m:.0f} m of {link.radius_m:.0f} m"


def _time(link: Link) -> tuple[str, str]:
    window = link.window.total_seconds() / _HOUR_S
    same = link.relation in ("duplicate", "possible")
    code = "within_window" if same else link.relation
    return code, f"{_plain(hours(link))} h of {_plain(window)} h"


def _plain(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
