from datetime import timedelta

from services.triage.probes import probes
from services.triage.rulebook import Reach, search_for
from tests.builders import NOON
from tests.unit.triage.makers import HOUR, KEY, report

REACH = Reach(radius_m=67, window=timedelta(days=7), personal=True)


def test_reports_of_one_place_ask_once_for_the_times_of_all() -> None:
    reports = [report(observed_at=NOON + n * HOUR) for n in range(500)]
    rows = len(search_for(reports[0], KEY, REACH).cells)

    keys, firsts, lasts, since, until, *others = probes(
        [search_for(one, KEY, REACH) for one in reports]
    )

    assert (keys, len(firsts), len(lasts)) == ([KEY] * rows, rows, rows)
    assert set(since) == {NOON - REACH.window}
    assert set(until) == {NOON + 499 * HOUR + REACH.window}
    assert others == [[]] * 8


def test_addresses_and_persons_are_asked_for_beside_places() -> None:
    one = report(point=None, address="12 oak st", reporter="ana")

    columns = probes([search_for(one, KEY, REACH), search_for(one, "other", REACH)])

    assert columns[:5] == [[]] * 5
    assert columns[5:7] == [[KEY, "other"], ["12 oak st", "12 oak st"]]
    assert columns[9:11] == [[KEY, "other"], ["ana", "ana"]]
