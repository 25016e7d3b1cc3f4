from datetime import date, datetime

from services.insight.rules.months import earliest, public_months, reported_month

TODAY = date(2026, 3, 15)


def test_the_running_month_is_shown_until_a_complete_one_has_requests() -> None:
    [running] = public_months({date(2026, 3, 1): 90}, TODAY)
    [complete] = public_months({date(2026, 3, 1): 90, date(2026, 2, 1): 1}, TODAY)

    assert (str(running), running.is_complete) == ("2026-03", False)
    assert (str(complete), complete.is_complete) == ("2026-02", True)


def test_the_latest_twelve_months_are_shown_each_with_its_last_day() -> None:
    counts = {date(2024 + n // 12, n % 12 + 1, 1): 20 for n in range(27)}

    months = public_months(counts, TODAY)

    assert [str(one) for one in months] == [
        "2026-02",
        "2026-01",
        *(f"2025-{n:02}" for n in range(12, 2, -1)),
    ]
    assert months[0].last_day == date(2026, 2, 28)
    assert months[2].last_day == date(2025, 12, 31)
    assert months[-1].first_day == earliest(TODAY)


def test_a_month_is_reported_from_eight_on_the_first_day_of_the_next_one() -> None:
    assert reported_month(datetime(2026, 3, 1, 7, 59)) == date(2026, 1, 1)  # noqa: DTZ001 - the city's
    assert reported_month(datetime(2026, 3, 1, 8, 0)) == date(2026, 2, 1)  # noqa: DTZ001 - the city's
    assert reported_month(datetime(2026, 3, 31, 23, 0)) == date(2026, 2, 1)  # noqa: DTZ001 - the city's
