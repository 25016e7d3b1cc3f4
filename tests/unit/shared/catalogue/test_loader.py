"""What the loader makes of a catalogue."""

from datetime import time, timedelta
from pathlib import Path

from shared.catalogue import (
    HOLIDAY,
    InformRule,
    Jurisdiction,
    LocalText,
    ReferralRule,
    RoutingCondition,
    RoutingRule,
    load_catalogue,
)
from shared.text_matching import fold
from shared.text_matching.text_model import encode_model
from shared.vocabulary import GeoPoint
from tests.support.catalogue_files import CONDITIONS, GOOD, GROUPS, STREETS, write
from tests.support.text_models import TEXT_MODEL, text_model


def loaded(root: Path) -> Jurisdiction:
    return load_catalogue(write(root)).jurisdictions["town.gov"]


def test_a_kind_says_all_that_its_entry_says(tmp_path: Path) -> None:
    hole = loaded(tmp_path).services["HOLE"]

    assert hole.name == LocalText("Hole", "Hoyo")
    assert hole.group == LocalText("Streets", "Calles")
    assert (hole.priority, hole.target_hours) == ("P2", 48)
    assert (hole.dedup.group, hole.dedup.window) == ("holes", timedelta(days=7))
    assert hole.dedup.radius_m == 15
    assert (hole.hazard, hole.hazard_conditions) == ("if", ("large",))
    assert hole.informed == (InformRule("DESK", "burning"), InformRule("ROADS"))
    assert hole.referrals == (
        ReferralRule("EXT-STATE", "large"),
        ReferralRule("EXT-STATE", "burning"),
    )
    assert (hole.needs.location, hole.needs.contact, hole.needs.photo) == (True, True, False)
    assert hole.needs.welcome == {"photo"}
    assert hole.source.urls == ("https://town.example",)


def test_a_question_that_is_answered_by_yes_or_no_is_a_list_of_two(tmp_path: Path) -> None:
    size, deep = loaded(tmp_path).services["HOLE"].attributes

    assert (size.required, [key for key, _ in size.values]) == (False, ["small", "large"])
    assert (deep.datatype, deep.required) == ("singlevaluelist", True)
    assert [key for key, _ in deep.values] == ["yes", "no"]


def test_a_kind_that_names_no_group_has_one_of_its_own(tmp_path: Path) -> None:
    town = loaded(tmp_path)

    assert town.services["OTHER"].dedup.group == "other"
    assert town.dedup_groups == {"holes": ("HOLE",), "other": ("OTHER",)}


def test_a_kind_that_is_never_a_duplicate_has_no_window(tmp_path: Path) -> None:
    dedup = loaded(tmp_path).services["OTHER"].dedup

    assert (dedup.window, dedup.radius_m) == (timedelta(0), 0)


def test_a_jurisdiction_says_all_that_its_files_say(tmp_path: Path) -> None:
    town = loaded(tmp_path)

    assert (town.id, town.name, town.phone) == ("town.gov", "Town", "311")
    assert (town.timezone, town.languages) == ("America/Los_Angeles", ("en", "es"))
    assert (town.holidays_country, town.holidays_subdivision) == ("US", "OR")
    assert town.other_code == "OTHER"
    assert town.default_points == (GeoPoint(45.5, -122.6),)
    assert town.neighbours["next"].phone == "503-555-0100"
    assert town.export_types == {"Street hole": "HOLE"}
    assert town.folder == tmp_path / "town.gov"


def test_a_bureau_without_hours_keeps_office_hours(tmp_path: Path) -> None:
    bureaus = loaded(tmp_path).bureaus

    assert bureaus["ROADS"].hours.always
    assert bureaus["DESK"].hours.week[:5] == ((time(8), time(17)),) * 5
    assert bureaus["DESK"].hours.week[5:] == (None, None)


def test_what_all_jurisdictions_share_is_part_of_each(tmp_path: Path) -> None:
    town = loaded(tmp_path)

    assert set(town.conditions) == {"large", "burning"}
    assert [emergency.code for emergency in town.emergencies] == ["fire"]


def test_a_file_may_be_a_folder_with_several_files_of_its_sort(tmp_path: Path) -> None:
    apart = {
        "common/conditions/fire.yaml": "smoking: {name: {en: Smoke, es: Humo}}\n",
        "common/conditions/water.yaml": "wet: {name: {en: Wet, es: Mojado}}\n",
    }

    town = loaded(write(tmp_path, {**GOOD, **apart}))

    assert set(town.conditions) == {"large", "burning", "smoking", "wet"}


def test_phrases_of_conditions_are_found_but_for_their_exceptions(tmp_path: Path) -> None:
    phrases = loaded(tmp_path).phrases

    assert [hit.code for hit in phrases.find(fold("a GIANT hole, un hoyo enorme"))] == [
        "large",
        "large",
    ]
    assert phrases.find(fold("a huge golf hole")) == []


def test_keywords_lead_to_kinds(tmp_path: Path) -> None:
    assert [hit.code for hit in loaded(tmp_path).keywords.find("un hoyo")] == ["HOLE"]


def test_words_of_ours_lead_to_kinds_beside_the_keywords_in_the_plural_too(tmp_path: Path) -> None:
    said = GOOD[STREETS].replace("es: [hoyo]}", "es: [hoyo]}\n    extra_keywords: {es: [cráter]}")

    root = write(tmp_path, {**GOOD, STREETS: said})
    town = load_catalogue(root).jurisdictions["town.gov"]

    assert [hit.code for hit in town.keywords.find("los crateres")] == ["HOLE"]
    assert town.services["HOLE"].keywords.es == ("hoyo",)


def test_the_same_files_have_the_same_version_and_others_another(tmp_path: Path) -> None:
    first = load_catalogue(write(tmp_path / "a")).version
    same = load_catalogue(write(tmp_path / "b")).version
    other = load_catalogue(write(tmp_path / "c", {**GOOD, GROUPS: GOOD[GROUPS] + "\n"})).version

    assert first == same
    assert first != other


def test_a_folder_is_read_again_only_when_a_file_has_changed(tmp_path: Path) -> None:
    first = load_catalogue(write(tmp_path))
    again = load_catalogue(tmp_path)
    changed = load_catalogue(write(tmp_path, {STREETS: GOOD[STREETS].replace("P2", "P3")}))

    assert again is first
    assert changed.jurisdictions["town.gov"].services["HOLE"].priority == "P3"


def test_what_finds_words_is_made_when_a_text_is_read_or_before_when_asked_to(
    tmp_path: Path,
) -> None:
    unread, ready = loaded(tmp_path / "a"), loaded(tmp_path / "b")
    finders = {"phrases", "text_model", "keywords"}

    ready.build_indexes()

    assert finders.isdisjoint(vars(unread))
    assert finders <= vars(ready).keys()


def test_the_text_model_is_part_of_the_version(tmp_path: Path) -> None:
    predicted = "sounds_urgent: {name: {en: Urgent, es: Urgente}}\n"
    first = load_catalogue(write(tmp_path, {**GOOD, CONDITIONS: GOOD[CONDITIONS] + predicted}))
    model = text_model({"urgent:en": {"": -1, "enormous": 2}})
    (tmp_path / TEXT_MODEL).write_bytes(encode_model(model))
    second = load_catalogue(tmp_path)

    assert first.version != second.version
    score = second.jurisdictions["town.gov"].text_model.score(["an", "enormous", "thing"])
    assert score.points("urgent:en") == 1


def test_cities_share_the_common_files_and_nothing_else(tmp_path: Path) -> None:
    twin = {
        name.replace("town.gov", "twin.gov"): text.replace("ROADS", "STREETS").replace("DESK", "HQ")
        for name, text in GOOD.items()
        if name.startswith("town.gov")
    }

    cities = load_catalogue(write(tmp_path, {**GOOD, **twin})).jurisdictions

    assert set(cities["twin.gov"].conditions) == set(cities["town.gov"].conditions)
    assert set(cities["twin.gov"].bureaus) == {"STREETS", "HQ"}
    assert set(cities["town.gov"].bureaus) == {"ROADS", "DESK"}


def test_a_routing_rule_says_all_that_its_entry_says(tmp_path: Path) -> None:
    first, second = loaded(tmp_path).routing

    assert first == RoutingRule(
        "at-night",
        RoutingCondition(
            kinds=frozenset({"HOLE"}),
            groups=frozenset({"holes"}),
            priority=frozenset({"P1", "P2"}),
            conditions=frozenset({"large"}),
            attributes={"size": frozenset({"large"})},
            owners=frozenset({"state"}),
            lead_is_open=False,
            days=frozenset({5, 6, HOLIDAY}),
        ),
        "DESK",
        ("ROADS",),
        "Bring cones.",
    )
    assert second.when.windows == ((time(22), time(7)), (time(12), time(13)))
    assert (second.lead, second.inform, second.note) == (None, (), "Knock first.")
