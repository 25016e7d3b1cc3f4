"""Questions of a kind that a report leaves open, in the order in which a person is asked."""

from collections.abc import Collection, Sequence

from shared.catalogue import Attribute, Jurisdiction, ServiceType

# Questions that are shown at once; the others follow on demand.
FIRST_QUESTIONS = 3


def open_questions(
    service: ServiceType, city: Jurisdiction, stated: Collection[str], answered: Collection[str]
) -> Sequence[Attribute]:
    """Return the questions that could make the report urgent, then required ones, then the rest.

    A question is left out where the text states a condition that an answer to it would state. One
    that is required, or has an answer of its own already, never is.

    Args:
        stated: Conditions that the text states.
        answered: Codes of the questions that have an answer.
    """
    urgent = city.danger_conditions.union(service.hazard_conditions)

    def tells(question: Attribute) -> set[str]:
        return {condition.code for condition in city.conditions_by_attribute.get(question.code, ())}

    def rank(question: Attribute) -> int:
        told = tells(question)
        if not urgent.isdisjoint(told) or city.hazard(told):
            return 0
        return 1 if question.required else 2

    left = [
        question
        for question in service.attributes
        if question.required or question.code in answered or tells(question).isdisjoint(stated)
    ]
    return sorted(left, key=rank)
