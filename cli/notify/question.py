"""The question that intake asks by itself, for ``route311 notify preview``."""

from services.intake.channels.mail.rules.model import Question
from services.intake.channels.mail.rules.wording import SUBJECT, question_text
from services.intake.channels.sms.rules import wording as sms
from services.notify.rules.model import MessageData
from shared.catalogue import Jurisdiction


def email_question(data: MessageData, city: Jurisdiction) -> tuple[str, str]:
    """Return the subject and the text of the question where the problem of a request is.

    Args:
        data: The request, and the language.
        city: Its city.
    """
    language, number = data.language, data.request.tracking_number
    question: Question = "danger_where" if data.request.emergency else "where"
    phone = city.phone_text.in_language(language)
    text = question_text(question, language, number=number, phone=phone)
    return SUBJECT.in_language(language), text


def sms_question(data: MessageData) -> str:
    """Return the same question as an answer to a text."""
    danger = (sms.DANGER, sms.PASSED_ON) if data.request.emergency else ()
    asked = sms.say(data.language, *danger, sms.ASK_WHERE)
    return asked.replace("{number}", data.request.tracking_number)
