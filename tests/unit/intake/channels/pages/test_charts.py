"""The charts of the performance page: what is long, what is left out, and in whose words."""

from services.intake.channels.pages import charts
from services.intake.channels.pages.charts import Words
from shared.catalogue import load_catalogue
from tests.support.intake.pages import FIGURES, WORDS

CITY = load_catalogue().jurisdictions["portland.gov"]


def test_the_longest_bar_is_the_most_and_what_is_suppressed_is_counted() -> None:
    rows = [{"kind": "ROW-DEBRIS", "n": 12}, {"kind": "ROW-POTHOLE", "n": 48}]
    hidden = {"kind": "OTHER", "n": None, "suppressed": True}

    chart = charts.volumes([*rows, hidden], "kind", WORDS)

    assert [(bar.label, bar.percent, bar.texts) for bar in chart.bars] == [
        ("Pothole", 100.0, ["48"]),
        ("Debris in roadway", 25.0, ["12"]),
    ]
    assert chart.hidden == 1


def test_only_the_first_twenty_rows_are_shown() -> None:
    rows = [{"district": f"D{n}", "n": 40 - n} for n in range(25)]

    chart = charts.volumes(rows, "district", WORDS)

    assert [bar.label for bar in chart.bars] == [f"D{n}" for n in range(20)]
    assert chart.hidden == 5


def test_a_time_that_was_not_reached_is_a_dash_and_others_are_in_words() -> None:
    rows = FIGURES.tables["times"]["kind"]
    spanish = Words(CITY, "es")

    [english], [other] = (charts.times(rows, "kind", one).bars for one in (WORDS, spanish))

    assert english.texts == ["1 day", charts.NONE, "36"]
    assert (other.label, other.texts[0]) == ("Bache", "1 d\u00eda")


def test_a_promise_counts_against_all_that_were_due() -> None:
    chart = charts.promises(FIGURES.tables["promises"]["kind"], "kind", WORDS)
    nothing_due = charts.promises(FIGURES.tables["promises"]["district"], "district", WORDS)

    assert [(bar.percent, bar.texts) for bar in chart.bars] == [(75.0, ["3 (75 %)", "1", "0"])]
    assert (nothing_due.bars, nothing_due.hidden) == ([], 1)


def test_promises_that_are_not_told_have_no_bar() -> None:
    counts = dict.fromkeys(("kept", "missed", "open_past_due"))

    chart = charts.promises([{"kind": "ROW-POTHOLE", "n": 36, **counts}], "kind", WORDS)

    assert (chart.bars, chart.hidden) == ([], 1)


def test_a_ratio_is_a_dot_with_its_interval_between_nothing_and_twice_the_city() -> None:
    chart = charts.reporting(FIGURES.tables["reporting"]["district"], WORDS)

    [north] = chart.bars
    assert (north.label, north.dot) == ("North", (45.0, 65.0, 100))
    assert north.texts == ["1.30", "0.90 - 2.40"]
    assert chart.hidden == 1


def test_kinds_are_lines_through_the_months_and_what_is_not_told_is_a_gap() -> None:
    trend = charts.trend(FIGURES.trends["kind"], "kind", WORDS)

    assert trend.months == ["February 2026", "March 2026"]
    assert [(line.label, line.texts, line.highest) for line in trend.lines] == [
        ("Pothole", ["72", "36"], 72),
        ("Debris in roadway", ["24", "0"], 24),
    ]
    assert [line.path for line in trend.lines] == [
        "M0.0 0.0h0L100.0 50.0",
        "M0.0 0.0h0L100.0 100.0",
    ]
    assert trend.hidden == 1  # its only month is not told


def test_all_reports_are_one_line_from_the_earliest_month_on() -> None:
    trend = charts.trend(FIGURES.volumes, None, WORDS)

    [line] = trend.lines
    assert (trend.months, line.texts) == (["February 2026", "March 2026"], ["96", "48"])


def test_only_the_first_twelve_lines_are_shown() -> None:
    rows = [{"month": "2026-03", "district": f"D{n}", "n": 40 - n} for n in range(15)]

    trend = charts.trend(rows, "district", WORDS)

    assert [line.label for line in trend.lines] == [f"D{n}" for n in range(12)]
    assert trend.hidden == 3
