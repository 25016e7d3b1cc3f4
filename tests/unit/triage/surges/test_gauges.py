from typing import Any

from prometheus_client import REGISTRY

from services.triage.surges.gauges import WATCHER, SurgeGauges
from services.triage.surges.state import SurgeKey
from shared.contract.events import new_id


def lag() -> float | None:
    return REGISTRY.get_sample_value("route311_lag_messages", {"consumer": WATCHER})


def progress() -> float:
    shown = REGISTRY.get_sample_value("route311_progress_timestamp_seconds", {"consumer": WATCHER})
    assert shown is not None
    return shown


def open_surges(city: str) -> float | None:
    labels = {"jurisdiction": city, "dedup_group": "tree"}
    return REGISTRY.get_sample_value("route311_surges", labels)


def key(city: str, district: str) -> SurgeKey:
    return SurgeKey(3, city, "tree", district)


def test_the_lag_is_what_waits_in_all_lanes() -> None:
    SurgeGauges[str]().show_lag({"standard": 7, "express": 5, "unknown": None}, {})

    assert lag() == 12


def test_only_what_moves_on_or_has_nothing_to_do_makes_progress() -> None:
    gauges: SurgeGauges[str] = SurgeGauges()
    gauges.show_lag({"standard": 7}, {"standard": 1})
    began = progress()

    gauges.show_lag({"standard": 8}, {"standard": 1})
    stood_still = progress()
    gauges.show_lag({"standard": 7}, {"standard": 2})
    moved = progress()
    gauges.show_lag({"standard": 0}, {"standard": 2})

    assert began == stood_still < moved < progress()


def test_each_surge_that_goes_on_shows_once() -> None:
    gauges, city = SurgeGauges[Any](), new_id()
    for district in ("SE", "SE", "NE"):
        gauges.show_surge(key(city, district), is_open=True)
    gauges.show_surge(key(city, "NW"), is_open=False)
    both = open_surges(city)

    gauges.show_surge(key(city, "SE"), is_open=False)

    assert (both, open_surges(city)) == (2, 1)


def test_a_surge_that_another_instance_watches_shows_no_more() -> None:
    gauges, city = SurgeGauges[Any](), new_id()
    gauges.show_surge(key(city, "SE"), is_open=True)
    gauges.show_surge(key(city, "NE"), is_open=True)

    gauges.keep([key(city, "NE")])

    assert open_surges(city) == 1
