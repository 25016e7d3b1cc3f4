"""``route311 triage judge``: one line out for each line in, and every bad line named."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.main import build


def judge(source: str, content: str = "") -> Result:
    arguments = ["triage", "judge", source]
    return CliRunner().invoke(build(arguments), arguments, input=content)


def judged(*items: dict[str, Any]) -> list[dict[str, Any]]:
    done = judge("-", "\n".join(json.dumps(item) for item in items))
    assert done.exit_code == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_each_text_gets_a_line_with_all_fields_in_order() -> None:
    first, second = judged(
        {"id": "a", "text": "A mattress in the right lane", "service_code": "ROW-DEBRIS"},
        {"id": 7, "text": "Graffiti on the fence", "service_code": "GRAF-PRIVATE"},
    )

    kinds = first.pop("kinds")
    assert len(kinds) == 5
    assert kinds[0].keys() == {"service_code", "name", "probability"}
    assert first == {
        "id": "a",
        "service_code": "ROW-DEBRIS",
        "priority": "P2",
        "emergency": None,
        "danger": ["road_hazard"],
        "unsure": False,
        "outcome": "new",
        "evidence": ["mattress in the right lane"],
    }
    assert (second["id"], second["service_code"]) == (7, "GRAF-PRIVATE")


def test_an_emergency_has_its_code_and_the_words_that_gave_it() -> None:
    (line,) = judged({"id": "a", "text": "sparks from a wire", "service_code": "ROW-DEBRIS"})

    assert (line["priority"], line["emergency"]) == ("P1", "sparks")
    assert line["evidence"] == ["sparks from a wire"]


def test_without_a_kind_the_words_name_it() -> None:
    lines = judged({"id": 1, "text": "a deep pothole"}, {"id": 2, "text": "nothing in particular"})

    assert [line["service_code"] for line in lines] == ["ROW-POTHOLE", "OTHER"]


def test_a_referral_and_an_answered_question_are_outcomes() -> None:
    lines = judged(
        {"id": 1, "text": "Raccoon at the curb", "service_code": "ROW-DEADANIMAL"},
        {"id": 2, "text": "What are your office hours?", "service_code": "INFO-GENERAL"},
    )

    assert [line["outcome"] for line in lines] == ["referral", "answered"]


def test_the_city_is_portland_unless_the_line_names_another() -> None:
    text = {"text": "Huele a gas muy fuerte", "language": "es"}
    portland, boston = judged({"id": 1, **text}, {"id": 2, **text, "jurisdiction": "boston.gov"})

    assert portland["emergency"] == boston["emergency"] == "gas"
    assert portland["service_code"] != boston["service_code"]


def test_a_file_is_read_like_the_standard_input(tmp_path: Path) -> None:
    file = tmp_path / "texts.jsonl"
    file.write_text('{"id": "a", "text": "a deep pothole"}\n')

    assert json.loads(judge(str(file)).stdout)["id"] == "a"


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("nonsense", "not JSON"),
        ("[]", "not a JSON object"),
        ('{"id": "b"}', "text: missing"),
        ('{"id": "b", "text": "sofa", "service_code": "NO-KIND"}', "has no kind NO-KIND"),
        ('{"id": "b", "text": "sofa", "jurisdiction": "nowhere"}', "no city nowhere"),
    ],
)
def test_a_bad_line_is_named_with_its_number_and_the_others_are_judged(
    bad: str, reason: str
) -> None:
    done = judge("-", '{"id": "a", "text": "sofa"}\n\n' + bad + '\n{"id": "c", "text": "sofa"}\n')

    assert done.exit_code == 1
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == ["a", "c"]
    (error,) = done.stderr.splitlines()
    assert error.startswith("route311: -:3: ")
    assert reason in error


def test_three_thousand_texts_take_less_than_a_minute_of_processor_time() -> None:
    began = time.process_time()
    lines = judged(*({"id": i, "text": f"Pothole {i} on SE Stark St"} for i in range(3_000)))

    assert time.process_time() - began < 60
    assert [line["id"] for line in lines] == list(range(3_000))
