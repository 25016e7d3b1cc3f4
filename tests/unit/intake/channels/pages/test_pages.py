"""Templates: every page in every language, escaped, and without what the policy forbids."""

import re
from dataclasses import replace
from itertools import product

import pytest
from aiohttp.test_utils import make_mocked_request

from services.intake.channels.pages.form import PageForm
from services.intake.channels.pages.kinds import KindChoices
from services.intake.identifiers import read_tracking_number
from shared.catalogue import LocalText, ServiceType
from tests.support.html_tree import one_line, tree_of
from tests.support.intake.pages import AGENCY, ALL_FAULTS, CITY, PAGES, POTHOLE, REPORT, page, site

OTHER = "Something else"
EVERY_PART = list(product(PAGES, site().languages))
EVERY_PAGE = [(name, language) for name, language in EVERY_PART if name not in {"preview", "pins"}]


@pytest.mark.parametrize(("name", "language"), EVERY_PAGE)
def test_a_page_has_one_heading_a_title_and_a_name_for_every_control(
    name: str, language: str
) -> None:
    tree = tree_of(page(name, language))

    assert tree.get("lang") == language
    assert len(tree.xpath("//h1")) == 1
    assert (tree.findtext(".//title") or "").strip()
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))
    labelled = set(tree.xpath("//label/@for"))
    for control in tree.xpath("//main//*[self::input or self::select or self::textarea]"):
        if control.get("type") != "hidden":
            assert control.get("id") in labelled
    for reference in " ".join(tree.xpath("//@aria-describedby | //@aria-labelledby")).split():
        assert reference in ids
    for link in tree.xpath("//a/@href[starts-with(., '#')]"):
        assert link.removeprefix("#") in ids


@pytest.mark.parametrize(("name", "language"), EVERY_PART)
def test_a_page_holds_no_style_and_no_script_of_its_own(name: str, language: str) -> None:
    tree = tree_of(page(name, language))

    assert tree.xpath("//@style | //style | //script[not(@src)]") == []
    assert [a for a in tree.xpath("//@*") if getattr(a, "attrname", "").startswith("on")] == []
    for address in tree.xpath("//link/@href | //script/@src | //img/@src"):
        assert address.startswith("/")


@pytest.mark.parametrize("name", sorted(PAGES.keys() - {"embed", "preview", "pins"}))
def test_a_page_has_an_icon_and_its_files_are_there(name: str) -> None:
    tree = tree_of(page(name))

    assert tree.xpath("//link[@rel='icon']")
    files = {asset.url for asset in site().assets.values()}
    assert {*tree.xpath("//link/@href | //script/@src")} <= files


@pytest.mark.parametrize("name", [name for name in PAGES if "report" in name])
def test_the_main_button_comes_before_back_and_enter_presses_the_same(name: str) -> None:
    tree = tree_of(page(name))
    if not tree.xpath("//form[@id='report']"):
        pytest.skip("no form")
    first = tree.xpath("//button[@form='report' or ancestor::form[@id='report']][1]")[0]
    main, *others = tree.xpath("//main//form/div[@class='buttons']/button/@value")

    assert (first.get("name"), first.get("value"), main) == ("to", "next", "next")
    assert others in ([], ["back"])


@pytest.mark.parametrize(
    ("status", "key", "asked"),
    [("completed", "0a", 1), ("declined", "0a", 1), ("open", "0a", 0), ("completed", "", 0)],
)
def test_the_reporter_can_say_of_a_closed_report_that_it_is_not_fixed(
    status: str, key: str, asked: int
) -> None:
    tree = tree_of(page("status", report={**REPORT, "status": status}, key=key))

    assert len(tree.xpath("//input[@name='not_fixed']")) == asked


@pytest.mark.parametrize(
    ("kind", "language", "late", "told"),
    [
        (POTHOLE, "en", False, "We want this done by March 3, 2026."),
        (CITY.services["ROW-WIRE"], "en", False, "We want this done by March 3, 2026, 4:00 PM."),
        (POTHOLE, "en", True, "We wanted this done by March 3, 2026. It is late, and we are"),
        (POTHOLE, "es", True, "el 3 de marzo de 2026. Vamos tarde y lo sentimos."),
    ],
)
def test_by_when_is_a_date_of_the_city_and_a_missed_one_says_so(
    kind: ServiceType, language: str, late: bool, told: str
) -> None:
    report = {**REPORT, "status": "open", "complete_by": "2026-03-04T00:00:00Z"}

    text = one_line(page("status", language, report=report, kind=kind, is_late=late))

    assert told in text.replace("\u202f", " ")


def test_the_last_note_of_the_team_stands_before_the_history() -> None:
    note = {**REPORT["history"][0], "status": "completed", "bureau": "Streets", "note": "Filled."}
    tree = tree_of(page("status", report={**REPORT, "history": [*REPORT["history"], note]}))
    [first, _] = tree.xpath("//*[contains(text(), 'Filled.')]")

    assert first.xpath("following::ol[@class='history']")


@pytest.mark.parametrize(
    ("status", "heading"),
    [("referred", "Another agency handles this"), ("open", "Please tell this agency as well")],
)
def test_an_agency_acts_in_place_of_the_team_or_beside_it(status: str, heading: str) -> None:
    tree = tree_of(page("status", report={**REPORT, "status": status, "referral": AGENCY}))

    [note] = tree.xpath("//section[@aria-labelledby='referral'][contains(., 'Metro RID Patrol')]")
    assert note.findtext("h2") == heading


@pytest.mark.parametrize("status", ["completed", "declined"])
def test_after_the_end_no_other_agency_is_to_be_told(status: str) -> None:
    report = {**REPORT, "status": status, "referral": AGENCY}

    assert "Metro RID Patrol" not in page("status", report=report)


@pytest.mark.parametrize(
    ("priority", "heading"),
    [("P2", "Please tell this agency as well"), ("P3", "Another agency handles this")],
)
def test_an_urgent_report_is_never_left_to_another_agency(priority: str, heading: str) -> None:
    view = {**PAGES["report_2"]["view"], "priority": priority}
    [told] = tree_of(page("report_2", view=view)).xpath("//h2[@id='referral']")

    assert told.text == heading


def test_a_text_in_another_language_than_the_page_says_so() -> None:
    pothole = LocalText("Pothole", "Bache").in_language("ar")
    seen = LocalText("The team has seen your report.", "").in_language("ar")
    report = {**REPORT, "service_name": pothole, "status_text": seen}
    status = tree_of(page("status", "ar", report=report))
    choice = replace(CITY.services["ROW-POTHOLE"], name=LocalText("Pothole", "Bache"))
    kinds = KindChoices([choice], None, {pothole: [choice]}, choice, "")
    step = tree_of(page("report_2", "ar", kinds=kinds))

    assert status.get("dir") == "rtl"
    assert status.xpath("//h1/span[@lang='en']/text()") == ["Pothole"]
    assert status.xpath("//*[contains(@class, 'state')]/descendant::*[@lang]") == []
    assert step.xpath("//fieldset//span/@lang") == ["en"] * 4


def test_the_likely_kinds_come_first_then_something_else_and_the_search() -> None:
    tree = tree_of(page("report_2"))
    [fieldset] = tree.xpath("//fieldset[@id='f-service_code']")

    names = [label.text_content().strip() for label in fieldset.xpath(".//label")]
    sinkhole = "Sinkhole or pavement cave-in"
    assert names == ["Pothole", OTHER, "Search for the kind of problem", sinkhole, "Pothole"]
    assert fieldset.xpath(".//input[@checked]/@value") == ["ROW-POTHOLE"]
    assert not fieldset.xpath(".//*[contains(text(), 'ROW-')]")


def test_no_kind_is_chosen_and_nothing_asked_while_the_words_tell_none_for_sure() -> None:
    tree = tree_of(page("report_2", kinds=replace(PAGES["report_2"]["kinds"], chosen="")))

    assert not tree.xpath("//input[@name='service_code'][@checked]")
    assert not tree.xpath("//*[contains(., 'Is it deep?')]")


@pytest.mark.parametrize(("fields", "is_open"), [([], False), ([("attribute[wide]", "yes")], True)])
def test_questions_after_the_first_wait_behind_more_unless_answered(
    fields: list[tuple[str, str]], is_open: bool
) -> None:
    tree = tree_of(page("report_2", form=PageForm.of(fields)))
    [more] = tree.xpath("//details[@class='more']")

    assert "Is it wide?" in more.text_content()
    assert "Is it deep?" not in more.text_content()
    assert (more.get("open") is not None) == is_open


@pytest.mark.parametrize("values", [2, 6])
def test_a_question_that_must_be_answered_is_not_called_optional(values: int) -> None:
    choices = [{"key": str(n), "name": str(n)} for n in range(values)]
    [first, *_] = PAGES["report_2"]["view"]["questions"]
    labels = {
        required: tree_of(
            page(
                "report_2",
                view={
                    **PAGES["report_2"]["view"],
                    "questions": [{**first, "required": required, "values": choices}],
                },
            )
        ).xpath("//*[self::legend or self::label][contains(., 'Is it deep?')]")[0]
        for required in (True, False)
    }

    assert one_line(labels[True].text_content()) == "Is it deep?"
    assert one_line(labels[False].text_content()) == "Is it deep? (optional)"


def test_a_place_outside_the_city_is_the_other_agencys_alone() -> None:
    view = PAGES["report_2"]["view"]
    outside = {**view, "priority": "P1", "referral": {**view["referral"], "outside_city": True}}
    tree = tree_of(page("report_2", view=outside))
    receipt = tree_of(page("receipt", referral={**AGENCY, "outside_city": True}))

    assert tree.xpath("//h2[@id='referral']/text()") == ["Another agency handles this"]
    assert "as well" not in tree.text_content()
    assert "Another agency handles this" in receipt.text_content()


def test_a_receipt_repeats_what_was_sent_and_tells_who_acts_what_is_next_and_by_when() -> None:
    report = {**REPORT, "service_name": "Sinkhole", "complete_by": "2026-03-04T00:00:00Z"}
    tree = tree_of(page("receipt", report=report))

    for told in (
        "A pothole",
        "The pin is near 1221 SW 4th Ave.",
        "Sinkhole",
        "You are following a report that we already have.",
        "Streets",
        "The team reads your report and plans the work.",
        "We want this done by March 3, 2026.",
    ):
        assert told in one_line(tree.text_content())
    assert tree.xpath("//main//img/@src") == ["/v1/media/1", "/v1/media/3"]


@pytest.mark.parametrize("name", ["status", "receipt"])
def test_the_numbers_of_the_team_and_of_another_agency_are_links(name: str) -> None:
    tree = tree_of(page(name, report={**REPORT, "referral": AGENCY}))

    assert {"tel:5038231700", "tel:5032343000"} <= {*tree.xpath("//main//a/@href")}


@pytest.mark.parametrize("name", ["status", "receipt"])
@pytest.mark.parametrize(("status", "told"), [("open", 1), ("completed", 0), ("declined", 0)])
@pytest.mark.parametrize("advised", [True, False])
def test_911_is_to_be_called_once_and_only_while_the_case_is_open(
    name: str, status: str, told: int, advised: bool
) -> None:
    number = {"name": "911", "phone": "911", "url": None, "reason": None}
    report = {**REPORT, "status": status, "referral": number}
    advice = PAGES["receipt"]["advice"] if advised and name == "receipt" else {}
    tree = tree_of(page(name, report=report, referral=number, advice=advice))

    assert len(tree.xpath("//main//a[@href='tel:911']")) == told
    assert "911, 911" not in one_line(tree.text_content())
    assert not tree.xpath("//h2[@id='referral']")


def test_after_the_end_the_receipt_names_no_other_agency() -> None:
    assert "Metro RID" in page("receipt")
    assert "Metro RID" not in page("receipt", report={**REPORT, "status": "completed"})


def test_who_sorts_a_report_promises_no_day() -> None:
    report = {**REPORT, "status": "open", "complete_by": "2026-03-04T00:00:00Z"}

    sorting, working = (
        one_line(page("status", report=report, at_desk=at_desk)) for at_desk in (True, False)
    )

    assert "A person reads your report and finds the right team." in sorting
    assert "We want this done by" not in sorting
    assert "We want this done by" in working


@pytest.mark.parametrize(("language", "told"), [("en", False), ("es", False), ("ar", True)])
def test_a_language_without_words_for_dangers_says_so(language: str, told: bool) -> None:
    notes = tree_of(page("report_1", language)).xpath("//form[@id='report']/p[@class='note']")

    assert any("911" in note.text_content() for note in notes) == told


@pytest.mark.parametrize(
    ("metres", "told"),
    [(300.0, "about 980 feet"), (900.0, "about 1 mile from"), (13_300.0, "about 8 miles from")],
)
def test_a_pin_far_from_the_address_is_told_in_miles(metres: float, told: str) -> None:
    assert told in one_line(page("report_3", apart_m=metres))


@pytest.mark.parametrize("name", ["report_2", "preview", "receipt"])
def test_the_crisis_line_stands_first_and_911_beside_it(name: str) -> None:
    tree = tree_of(page(name))

    assert tree.xpath("//*[@class='danger']//a/@href") == ["tel:988", "tel:911"]


@pytest.mark.parametrize("language", site().languages)
def test_the_example_of_a_number_can_be_one(language: str) -> None:
    [hint] = tree_of(page("track", language)).xpath("//p[@id='f-number-hint']")
    [example] = re.findall(r"\d\d-[A-Z0-9]{4}-[A-Z0-9]{6}", hint.text_content())

    assert read_tracking_number(example) == example


def test_what_people_write_is_escaped() -> None:
    hostile = '"><script>alert(1)</script>'
    form = PageForm.of([("description", hostile), ("address", hostile), ("name", hostile)])
    for name in ("report_1", "report_2", "report_3"):
        text = page(name, form=form, faults=ALL_FAULTS)
        assert "<script>alert" not in text
    assert "<script>alert" not in page("track", typed=hostile)
    assert "<script>alert" not in page("status", form=PageForm.of([("text", hostile)]))


def test_faults_are_in_the_summary_and_at_their_fields() -> None:
    tree = tree_of(page("report_1", faults=ALL_FAULTS))

    [summary] = tree.xpath("//*[contains(@class, 'faults')]")
    texts = [link.text_content() for link in summary.xpath(".//a")]
    for fault, text in zip(ALL_FAULTS, texts, strict=True):
        at_field = tree.xpath("//*[@id=$id]", id=f"f-{fault.field}-fault")[0].text_content()
        assert at_field.startswith("Error: ")
        assert text in at_field


def test_the_key_figures_come_first_and_lead_to_their_sections() -> None:
    tree = tree_of(page("performance"))

    figures = {
        one.findtext("dt/a"): (one.findtext("dd"), tree.xpath(f"boolean(//h2[@id='{target}'])"))
        for one in tree.xpath("//main/dl/div")
        for target in [one.find("dt/a").get("href")[1:]]
    }
    assert figures == {
        "Reports": ("48", True),
        "Half were done after": ("1 day", True),
        "Promises kept": ("75 %", True),
    }


def test_tables_by_part_of_town_are_folded() -> None:
    tree = tree_of(page("performance"))

    folded = tree.xpath("//details/summary/text()")
    assert "Reports by part of town" in folded
    assert "Reports by kind of problem" not in folded


def test_many_languages_are_one_button_and_a_few_are_a_list() -> None:
    few = replace(site(), languages={tag: site().languages[tag] for tag in ("en", "es")})
    request = make_mocked_request("GET", "/track")
    shown = few.page(request, "home").text or ""

    assert tree_of(page("home")).xpath("//nav/details/summary/text()") == ["Language: English"]
    assert len(tree_of(page("home")).xpath("//nav/details//a")) == len(site().languages)
    assert len(tree_of(shown).xpath("//nav[@class='languages']/a")) == 2


def test_what_is_told_below_is_linked() -> None:
    done = tree_of(page("status", report={**REPORT, "status": "completed"}))
    sent = tree_of(page("receipt", report={**REPORT, "status": "declined"}))

    assert done.xpath("//dd/a[@href='#add']/text()") == [
        "Nothing more. If it is not fixed, tell us below."
    ]
    assert done.xpath("//form//button[@class='main']/text()") == ["Open it again"]
    assert sent.xpath("//dd/a[starts-with(@href, '/track/')]/@href") == [
        "/track/26-7KQ4-HJ3M25?key=0a#add"
    ]


def test_a_problem_tells_how_many_reported_it_and_why_it_is_open_again() -> None:
    tree = tree_of(page("one_problem"))

    assert "2 reports, first report on March 2, 2026" in one_line(tree.text_content())
    assert "Somebody said that it is not fixed." in one_line(
        tree.xpath("//ol/li")[0].text_content()
    )
