"""The preview of the question that intake asks."""

from cli.notify.preview import email_question, sms_question
from tests.unit.intake.channels.sms.talking import PORTLAND
from tests.unit.notify.factories import message_data, request_facts


def test_the_question_is_that_of_the_channel_in_the_readers_language() -> None:
    data = message_data(language="es")

    subject, text = email_question(data, PORTLAND)

    assert subject == "Su mensaje al 311"
    assert "¿Dónde está?" in text
    assert "llame al 3-1-1 o 503-823-4000" in text
    assert sms_question(data).startswith("¿Dónde está?")


def test_in_danger_it_begins_with_911_and_tells_the_number() -> None:
    data = message_data(request=request_facts(emergency=True))

    for asked in (email_question(data, PORTLAND)[1], sms_question(data)):
        assert asked.index("911") < asked.index("26-7KQ4-M2") < asked.index("Where is it?")
