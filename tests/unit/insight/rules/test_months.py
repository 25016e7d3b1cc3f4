from datetime import date, datetime

from services.insight.rules.months import (
    PublicMonth,
    earliest,
    public_months,
    reported_month,
    trend_of,
    volumes_of,
)

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


def test_a_trend_hides_in_each_month_what_the_table_of_that_month_hides() -> None:
    march, february = (PublicMonth(date(2026, n, 1), is_complete=True) for n in (3, 2))
    counts: dict[date, dict[str | None, int]] = {
        date(2026, 3, 1): {"A": 40, "B": 3, "C": 20},
        date(2026, 2, 1): {"A": 30},
        date(2026, 1, 1): {"A": 99},  # no month that is shown
    }

    rows = trend_of([march, february], counts)

    assert [(*row.cell, row.n) for row in rows] == [
        ("2026-02", "A", 30),
        ("2026-03", "A", 40),
        ("2026-03", "B", None),
        ("2026-03", "C", None),
    ]


def test_the_volumes_of_months_are_their_requests_of_every_kind() -> None:
    months = [PublicMonth(date(2026, n, 1), is_complete=True) for n in (3, 2)]

    rows = volumes_of(months, {date(2026, 3, 1): {"A": 40, None: 2}, date(2026, 2, 1): {"A": 20}})

    assert [(*row.cell, row.n) for row in rows] == [("2026-03", 42), ("2026-02", 20)]
