"""How much contact data is found, by the form that it is written in, and how much else is taken.

``texts/development.yaml`` is what the rules were made with. ``texts/held_out.yaml`` was written
before the rules and is not to be looked at when they change. The real reports are not ours to
publish; where they lie beside the repository, their harm is measured too.
"""

import gzip
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

from shared.catalogue import load_catalogue
from shared.redaction import REMOVED, KnownPii, Redactor
from tests.support.paths import DATA

FOLDER = Path(__file__).parent / "texts"
REAL = DATA / "real_reports"
CITY = load_catalogue().jurisdictions["portland.gov"]
REDACTOR = Redactor.of(CITY)
SETS = {
    name: yaml.safe_load((FOLDER / f"{name}.yaml").read_text())
    for name in ("development", "held_out")
}
LEAST_RECALL = {"development": 1.0, "held_out": 0.85}
MOST_REAL_HARM = 0.004  # of the texts
MARKED = re.compile("\u00ab(.*?)\u00bb", re.DOTALL)
LINK = re.compile(r"[a-z]+://|//|www\.|mailto:|\w\.\w", re.IGNORECASE)
COMMON = {"dot", "com", "org", "net"}


def forms(name: str) -> Iterator[tuple[str, list[tuple[str, Callable[[str], str]]]]]:
    """Yield each form with its texts and what redacts them."""
    texts: dict[str, Any] = SETS[name]
    for form, plain in texts["contact"].items():
        yield form, [(text, REDACTOR.redact_text) for text in plain]
    for form, known in texts["known"].items():
        yield form, [(one["text"], redacting(one["name"])) for one in known]
    for form, notes in texts["notes"].items():
        yield form, [(text, REDACTOR.redact_note) for text in notes]


def redacting(name: str) -> Callable[[str], str]:
    return lambda text: REDACTOR.redact_text(text, KnownPii(name))


def is_gone(marked: str, redact: Callable[[str], str]) -> bool:
    """Return True when no word of the marked parts, and no link, is left."""
    shown = redact(MARKED.sub(r"\1", marked))
    elsewhere = set(re.findall(r"\w+", MARKED.sub(" ", marked)))
    words = {word for part in MARKED.findall(marked) for word in re.findall(r"\w{3,}", part)}
    if redact == REDACTOR.redact_note and REMOVED not in shown:
        return LINK.search(shown) is None
    left = words & set(re.findall(r"\w+", shown))
    return REMOVED in shown and not left - elsewhere - COMMON


FORMS = [
    pytest.param(name, form, texts, id=f"{name}: {form}")
    for name in SETS
    for form, texts in forms(name)
]


@pytest.mark.parametrize(("name", "form", "texts"), FORMS)
def test_contact_data_is_found_in_every_written_form(
    name: str, form: str, texts: list[tuple[str, Callable[[str], str]]]
) -> None:
    missed = [text for text, redact in texts if not is_gone(text, redact)]
    recall = 1 - len(missed) / len(texts)

    assert recall >= LEAST_RECALL[name], f"{form}: {recall:.0%}" + (
        f", {missed}" if name == "development" else ""
    )


@pytest.mark.parametrize("name", SETS)
def test_harmless_texts_stay_as_they_are(name: str) -> None:
    texts = SETS[name]
    changed = [text for text in texts["harmless"] if REDACTOR.redact_text(text) != text]
    changed += [text for text in texts["harmless notes"] if REDACTOR.redact_note(text) != text]

    assert not changed, changed if name == "development" else len(changed)


@pytest.mark.skipif(not REAL.exists(), reason="the real reports are not here")
@pytest.mark.parametrize("part", [slice(0, 500), slice(500, 1000)], ids=["development", "held out"])
def test_real_reports_lose_next_to_nothing(part: slice) -> None:
    texts = [
        json.loads(line)["text"]
        for path in (REAL / "new_haven_en.jsonl.gz", REAL / "madrid_es.jsonl.gz")
        for line in gzip.decompress(path.read_bytes()).decode().splitlines()
    ]
    sample = Random(20261126).sample(texts, 1000)[part]

    changed = sum(REDACTOR.redact_text(text) != text for text in sample)

    assert changed <= MOST_REAL_HARM * len(sample)
