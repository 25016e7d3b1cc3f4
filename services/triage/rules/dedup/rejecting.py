"""Which of the cases that a report is not about are worth telling, and how that is said."""

from collections.abc import Iterable, Sequence

from services.triage.rules.dedup.comparison import Link, Obstacle, Rejection

MOST_TOLD = 3
_FAR = 2.0  # times the distance that was asked for: what lies farther off needs no word

_STRONGEST_FIRST: dict[Obstacle, int] = {
    "split_by_operator": 0,
    "too_few_points": 0,
    "closed_before": 1,
    "too_early": 1,
}
_WEAK = 2
_UNITS: dict[Obstacle, str] = {"too_far": "m", "too_early": "h", "closed_before": "h"}


def most_telling(links: Sequence[Link], rejections: Iterable[Rejection]) -> tuple[Rejection, ...]:
    """Return the few cases that came nearest to being the one.

    Args:
        links: The one that was chosen, and those that came after it in this order.
        rejections: Cases that were out of the question.
    """
    weaker = [_weaker(link, links[0]) for link in links[1 : MOST_TOLD + 1]]
    near = [one for one in rejections if _is_near(one)]
    near.sort(key=_strength)
    return tuple((weaker + near)[:MOST_TOLD])


def detail_of(rejection: Rejection) -> str | None:
    """Return the figure that stood against the case, and what it was held against."""
    if rejection.had is None or rejection.asked is None:
        return None
    had, asked = _plain(rejection.had), _plain(rejection.asked)
    unit = _UNITS.get(rejection.code)
    return f"{had} of {asked} points" if unit is None else f"{had} {unit} of {asked} {unit}"


def _weaker(link: Link, chosen: Link) -> Rejection:
    if link.relation == chosen.relation and link.findings:
        return Rejection(link.case, "weaker", link.distance_m, link.score, chosen.score)
    return Rejection(link.case, "weaker", link.distance_m)


def _is_near(one: Rejection) -> bool:
    if one.code != "too_far":
        return True
    return one.had is not None and one.asked is not None and one.had <= _FAR * one.asked


def _strength(one: Rejection) -> tuple[int, float, float, str]:
    rank = _STRONGEST_FIRST.get(one.code, _WEAK)
    points = one.had if one.code == "too_few_points" and one.had is not None else 0.0
    return rank, -points, one.distance_m or 0.0, one.case.case_id


def _plain(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
