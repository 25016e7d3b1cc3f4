"""What the loader says about a wrong catalogue."""

from pathlib import Path

import pytest

from shared.catalogue import CatalogueError, load_catalogue
from tests.support.catalogue_files import (
    AGENCIES,
    ANSWERS,
    BUREAUS,
    CIRCUMSTANCES,
    CONDITIONS,
    EMERGENCIES,
    FIELDS,
    GOOD,
    GROUPS,
    HEAD,
    OWNERS,
    QUESTIONS,
    ROUTING,
    STREETS,
    write,
)


def _digest(email: str, at: str) -> str:
    return f"forward: {{digest: {{email: {email}, at: '{at}'}}}}"


def _api(endpoint: str = "https://c", *, kind: str = "HOLE", key: str = "KEY") -> str:
    fields = f"endpoint: '{endpoint}', service_codes: {{{kind}: '1'}}, api_key_env: {key}"
    return f"forward: {{open311: {{{fields}}}}}"


def _case(file: str, old: str, new: str, at: str, reason: str) -> object:
    return pytest.param(file, old, new, at, reason, id=reason[:50].strip())


@pytest.mark.parametrize(
    ("file", "old", "new", "at", "reason"),
    [
        _case(STREETS, "lead: DESK", "lead: DESKS", "lead: DESKS", "did you mean DESK?"),
        _case(
            STREETS,
            "    hazard: [large]\n",
            "    hazard: [large]\n    harmless: [larg]\n",
            "harmless:",
            "no condition has the name larg",
        ),
        _case(
            STREETS,
            "    hazard: [large]\n",
            "    hazard: [large]\n    guess: {kind: OTHR, unless: [large]}\n",
            "guess:",
            "no kind has the name OTHR",
        ),
        _case(
            STREETS,
            "    hazard: [large]\n",
            "    hazard: [large]\n    guess: {kind: OTHER, unless: [larg]}\n",
            "guess:",
            "no condition has the name larg",
        ),
        _case(
            STREETS,
            "    hazard: [large]\n",
            "    hazard: [large]\n    alternatives: [{kind: OTHR, when: large}]\n",
            "alternatives:",
            "no kind has the name OTHR",
        ),
        _case(
            STREETS,
            "    hazard: [large]\n",
            "    hazard: [large]\n"
            "    alternatives: [{kind: OTHER, when: large, unless: [burnin]}]\n",
            "alternatives:",
            "no condition has the name burnin",
        ),
        _case(
            CONDITIONS,
            "huge|giant hole",
            "'@size hole'",
            "@size",
            "no family of words has the name size",
        ),
        _case(AGENCIES, "its_own", "his_own", "EXT-STATE", "did you mean its_own?"),
        _case(
            STREETS,
            "[large, burning]}]",
            "[large, burning], reason: x}]",
            "refer:",
            "no reason has the name x",
        ),
        _case(ANSWERS, "kinds: [OTHER]", "kinds: [OTHR]", "kinds: [OTHR]", "did you mean OTHER?"),
        _case(ANSWERS, "kinds: [HOLE]", "kinds: [X]", "kinds: [X]", "no kind has the name X"),
        _case(ANSWERS, "[large]", "[larg]", "allowed_conditions:", "did you mean large?"),
        _case(ANSWERS, "supersedes: trash", "supersedes: tras", "supersedes:", "mean trash?"),
        _case(
            QUESTIONS,
            "complaint_exceptions: {}",
            "complaint_exeptions: {}",
            "questions:",
            "complaint_exceptions is missing",
        ),
        _case(CIRCUMSTANCES, "[HOLE]", "[HOLES]", "kinds:", "did you mean HOLE?"),
        _case(CIRCUMSTANCES, "when: large", "when: larg", "pit:", "did you mean large?"),
        _case(CIRCUMSTANCES, "points: 5", "points: 50", "pit:", "points: "),
        _case(CIRCUMSTANCES, "{2: 3}", "{1: 3}", "reporters:", "greater than 1"),
        _case(
            CIRCUMSTANCES,
            "overdue:",
            "surprise: {per_day: {HOLES: 1}}\noverdue:",
            "surprise:",
            "did you mean HOLE?",
        ),
        _case(OWNERS, "burning", "burn", "state:", "no condition has the name burn"),
        _case(OWNERS, "EXT-STATE", "EXT-X", "state:", "no agency has the name EXT-X"),
        _case(OWNERS, "its_own", "x", "state:", "no reason has the name x"),
        _case(OWNERS, "[HOLE]", "[HOLES]", "state:", "did you mean HOLE?"),
        _case(HEAD, "0100}", "0100, reason: x}", "next:", "no reason has the name x"),
        _case(STREETS, "lead: DESK", "lead: XYZ", "lead: XYZ", "no bureau has the name XYZ"),
        _case(STREETS, ", ROADS]", "]\n    hazard_lead: DSK", "hazard_lead:", "did you mean DESK?"),
        _case(
            STREETS,
            "lead: EXT-STATE",
            "lead: EXT-STATE\n    hazard_lead: DESK",
            "hazard_lead:",
            "the city leads every report of this kind",
        ),
        _case(
            STREETS,
            "    lead: DESK\n",
            "    lead: DESK\n    hazard_lead: ROADS\n",
            "hazard_lead:",
            "the city leads every report",
        ),
        _case(STREETS, "ROADS]", "RAODS]", "inform:", "no bureau has the name RAODS"),
        _case(STREETS, "lead: EXT-STATE", "lead: EXT-NO", "lead: EXT-NO", "no agency has the name"),
        _case(ROUTING, "kinds: HOLE", "kinds: HOL", "{kinds: HOL", "did you mean HOLE?"),
        _case(ROUTING, "groups: holes", "groups: hole", "{kinds:", "did you mean holes?"),
        _case(ROUTING, "[P1, P2]", "[P1, P7]", "{kinds:", "priority: write"),
        _case(ROUTING, "conditions: large", "conditions: x", "{kinds:", "no condition has the"),
        _case(ROUTING, "{size:", "{sise:", "attributes:", "did you mean size?"),
        _case(ROUTING, "owner: state", "owner: stat", "owner:", "did you mean state?"),
        _case(ROUTING, "owner: state", "area: port", "area:", "no area has the name port"),
        _case(ROUTING, "owner: state", "districts: N", "districts:", "no district has the name"),
        _case(ROUTING, "lead: DESK", "lead: DSK", "lead:", "did you mean DESK?"),
        _case(ROUTING, "inform: ROADS", "inform: X", "inform:", "no bureau has the name X"),
        _case(ROUTING, "[22:00-07:00", "[22-7", "when:", "hours: write office, after_hours"),
        _case(ROUTING, "sat-sun", "weekend", "owner:", "days: write days as"),
        _case(ROUTING, "quiet-hours", "at-night", "rule: at-night", "two rules have the name"),
        _case(ROUTING, "  note: Knock first.\n", "", "rule: quiet-hours", "add a lead"),
        _case(BUREAUS, "hours: 24/7", "escalates_to: DSK", "ROADS:", "did you mean DESK?"),
        _case(BUREAUS, "hours: 24/7", "forward: {}", "ROADS:", "write either open311 or digest"),
        _case(BUREAUS, "hours: 24/7", _digest("a@b.example", "7am"), "ROADS:", "such as 07:00"),
        _case(BUREAUS, "hours: 24/7", _digest("nobody", "07:00"), "ROADS:", "write one address"),
        _case(BUREAUS, "hours: 24/7", _api(kind="HOL"), "ROADS:", "did you mean HOLE?"),
        _case(BUREAUS, "hours: 24/7", _api(key="a key"), "ROADS:", "name of an environment"),
        _case(BUREAUS, "hours: 24/7", _api("ftp://x"), "ROADS:", "write a base URL such as"),
        _case(BUREAUS, "hours: 24/7", _api("https://a:b@c"), "ROADS:", "write a base URL such as"),
        _case(BUREAUS, "hours: 24/7", _api("https://c/requests.xml"), "ROADS:", "URL alone"),
        _case(STREETS, "[large]\n", "[larg]\n", "hazard:", "did you mean large?"),
        _case(STREETS, "when: burning", "when: fiery", "inform:", "no condition has the name"),
        _case(STREETS, "[large, burning]", "[large, x]", "refer:", "no condition has the name x"),
        _case(STREETS, "[large]\n", "[]\n", "hazard:", "name one condition at least"),
        _case(STREETS, "hazard: never", "hazard: no", "hazard: no", "write always, never, or"),
        _case(
            STREETS, "[size, deep]", "[size, depth]", "attributes:", "no field has the name depth"
        ),
        _case(STREETS, "[size, deep]", "[size, deep, size]", "attributes:", "size is asked twice"),
        _case(
            STREETS,
            "required_attributes: [deep]",
            "required_attributes: [x]",
            "required_attributes:",
            "x is not asked",
        ),
        _case(STREETS, "group: holes", "group: hole", "dedup:", "did you mean holes?"),
        _case(STREETS, "window: 7 d", "window: 7 days", "dedup:", "write a duration such as"),
        _case(STREETS, "radius: 15 m", "radius: 15", "dedup:", "write a distance such as 50 m"),
        _case(STREETS, "radius: 15 m", "radius: 0", "dedup:", "a window needs a radius over 0"),
        _case(STREETS, "target: 48 h", "target: two", "target:", "write a duration such as"),
        _case(STREETS, "priority: P2", "priority: P9", "priority:", "write 'P1', 'P2', 'P3'"),
        _case(STREETS, "    priority: P2\n", "", "HOLE:", "priority is missing here: add it"),
        _case(STREETS, "priority: P2", "prioriti: P2", "prioriti:", "correct its spelling"),
        _case(STREETS, "en: [hole]", "en: []", "keywords:", "this is empty: fill it in"),
        _case(STREETS, "en: [hole]", "en: ['?!']", "keywords:", "needs a letter or digit"),
        _case(STREETS, "{en: Hole, es: Hoyo}", "{en: Hole}", "name: {en: Hole}", "es is missing"),
        _case(STREETS, "  OTHER:", "  HOLE:", "HOLE:", "HOLE is a duplicate key"),
        _case(STREETS, "  HOLE:", "  Hole:", "Hole:", "write a code in capitals"),
        _case(STREETS, "contact: required", "contact: maybe", "needs:", "write 'required'"),
        _case(
            STREETS, "hazard: never", "emergency: x\n    hazard: never", "emergency", "no emergency"
        ),
        _case(HEAD, "other: OTHER", "other: ELSE", "other:", "no kind has the name ELSE"),
        _case(HEAD, "America/Los_Angeles", "Oregon", "timezone:", "write an IANA time zone"),
        _case(HEAD, "mon-fri", "monday", "office_hours:", "write days as mon, tue"),
        _case(HEAD, "08:00-17:00", "17:00-08:00", "office_hours:", "the opening must come before"),
        _case(HEAD, "08:00-17:00", "08:00-08:00", "office_hours:", "the opening must come before"),
        _case(HEAD, "08:00-17:00", "8-17", "office_hours:", "write hours of a day such as"),
        _case(HEAD, "latitude: 45.5", "latitude: 145.5", "latitude", "less than or equal to 90"),
        _case(HEAD, "name: Town\n", "", "timezone", "name is missing here: add it"),
        _case(BUREAUS, "24/7", "always", "ROADS", "write 24/7, or days and times"),
        _case(BUREAUS, "DESK:", "EXT-DESK:", "EXT-DESK", "declare it in agencies.yaml"),
        _case(BUREAUS, "DESK:", "desk:", "desk:", "write a code in capitals"),
        _case(BUREAUS, "{name: Service desk}", "[x]", "DESK", "write a mapping of names"),
        _case(AGENCIES, "EXT-STATE", "STATE", "STATE", "begin the code of an agency with EXT-"),
        _case(GROUPS, "holes:", "holes2: {en: A, es: A}\nholes:", "holes2", "no kind is in the"),
        _case(
            GROUPS, "holes:", "other: {en: A, es: A}\nholes:", "other", "default group of a kind"
        ),
        _case(FIELDS, "type: yes_no", "type: bool", "deep:", "write 'string', 'number'"),
        _case(FIELDS, "type: yes_no", "type: multivaluelist", "deep:", "needs values: add them"),
        _case(FIELDS, "type: singlevaluelist", "type: text", "values:", "only a list has values"),
        _case(CONDITIONS, "{size: large}", "{sizes: large}", "answers:", "no field has the name"),
        _case(CONDITIONS, "{size: large}", "{size: big}", "answers:", "big is no value of size"),
        _case(CONDITIONS, "huge|giant hole", "huge| hole", "en: [huge|", "needs a letter or digit"),
        _case(CONDITIONS, "huge|giant hole", "huge?", "en: [huge?]", "must not be optional"),
        _case(EMERGENCIES, "[burning]", "[smoking]", "fire", "no condition has the name smoking"),
        _case(EMERGENCIES, ", any_of: [burning]", "", "fire", "this can never match"),
        _case(
            HEAD,
            "other: OTHER",
            "inbound_mail: [311+x@town.example]\nother: OTHER",
            "inbound_mail",
            "write an address such as 311@example.gov",
        ),
        _case(BUREAUS, "ROADS:", "ROADS: [", "DESK", "invalid YAML"),
        _case(BUREAUS, "ROADS:", "- ROADS:", "DESK", "invalid YAML"),
    ],
)
def test_each_fault_is_told_with_its_file_its_line_and_what_to_do(  # noqa: PLR0913, PLR0917 - a table
    tmp_path: Path, file: str, old: str, new: str, at: str, reason: str
) -> None:
    assert old in GOOD[file], "the case no longer changes anything"
    text = GOOD[file].replace(old, new, 1)
    write(tmp_path, {**GOOD, file: text})

    with pytest.raises(CatalogueError) as caught:
        load_catalogue(tmp_path)

    lines = {i for i, line in enumerate(text.splitlines(), 1) if at in line}
    told = [f for f in caught.value.issues if f.file == file and f.line in lines]
    assert [f for f in told if reason in f.reason], caught.value.issues


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            **GOOD,
            STREETS: GOOD[STREETS].replace("priority: P2", "priority: P9").replace("48 h", "soon"),
            HEAD: GOOD[HEAD].replace("other: OTHER", "other: ELSE"),
        },
    )

    with pytest.raises(CatalogueError) as caught:
        load_catalogue(tmp_path)

    assert {fault.file for fault in caught.value.issues} == {STREETS, HEAD}
    assert len(caught.value.issues) == 3
    assert str(caught.value) == "\n".join(fault.text for fault in caught.value.issues)


def test_a_file_that_cannot_be_read_brings_no_faults_elsewhere(tmp_path: Path) -> None:
    write(tmp_path, {**GOOD, BUREAUS: "ROADS: ["})

    with pytest.raises(CatalogueError) as caught:
        load_catalogue(tmp_path)

    assert [fault.file for fault in caught.value.issues] == [BUREAUS]


def test_a_wrong_entry_brings_no_faults_where_it_is_named(tmp_path: Path) -> None:
    write(tmp_path, {**GOOD, BUREAUS: GOOD[BUREAUS].replace("name: Service desk", "nam: x")})

    with pytest.raises(CatalogueError) as caught:
        load_catalogue(tmp_path)

    assert {fault.file for fault in caught.value.issues} == {BUREAUS}
