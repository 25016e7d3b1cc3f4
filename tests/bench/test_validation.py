"""What names and telephone numbers add to the validation of a report, as a ratio of CPU time."""

from collections.abc import Callable
from time import thread_time

from shared.catalogue import load_catalogue
from shared.redaction import NO_KNOWN_PII, KnownPii, Redactor

REDACTOR = Redactor.of(load_catalogue().jurisdictions["portland.gov"])
TEXT = (
    "The street light at the corner has been out for two weeks and people cannot see the curb. "
    "We told the city about it before and nobody came, please send a crew soon."
)
MOST_FOR_A_NAME = 25.0
MOST_FOR_A_LONG_TEXT = 250.0  # that is 25 times as long


def cost(work: Callable[[int], object]) -> float:
    """Return the CPU time of the quickest of some rounds; each call gets another number."""
    rounds = []
    for number in range(5):
        began = thread_time()
        for call in range(40):
            work(40 * number + call)
        rounds.append(thread_time() - began)
    return min(rounds)


def plain(_: int) -> str:
    return REDACTOR.redact_text(TEXT, NO_KNOWN_PII)


def test_a_name_in_the_text_costs_no_pattern_of_its_own() -> None:
    def named(number: int) -> str:
        name = f"Ana{'abcdefghij'[number % 10] * (number // 10 + 1)} Li"
        return REDACTOR.redact_text(f"{TEXT} Thanks, {name}", KnownPii(name))

    assert cost(named) < MOST_FOR_A_NAME * cost(plain)


def test_a_long_text_full_of_a_name_costs_as_much_as_it_is_long() -> None:
    for repeated in ("Jo Smith ", "Smith ", "Smith, ", "Mr Smith ", "i am ", "12 34 "):
        text = (repeated * 4_000)[:3_900] + " Smith"

        def full(_: int, text: str = text) -> str:
            return REDACTOR.redact_text(text, KnownPii("Jo Smith"))

        assert cost(full) < MOST_FOR_A_LONG_TEXT * cost(plain), repeated
