from dataclasses import replace

import pytest
from babel.support import NullTranslations
from typing_extensions import override

from services.notify.rendering.renderer import TEMPLATES, MessageRenderer
from services.notify.rules.model import TemplateName
from tests.support.notify.factories import LANGUAGES, LINKS, PORTLAND, PUBLIC_URL, message_data


class Recording(NullTranslations):
    """English that records the texts that were looked up."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: set[str] = set()

    @override
    def gettext(self, message: str) -> str:
        self.texts.add(message)
        return super().gettext(message)

    def taken(self) -> set[str]:
        texts, self.texts = self.texts, set()
        return texts


RECORDING = Recording()
ENGLISH = replace(LANGUAGES["en"], translations=RECORDING)
RENDERER = MessageRenderer({"portland.gov": PORTLAND}, PUBLIC_URL, LINKS, {"en": ENGLISH})


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_channel_renders_no_text_of_the_other(template: TemplateName) -> None:
    RECORDING.taken()

    RENDERER.render(message_data(template=template))
    mail = RECORDING.taken()
    RENDERER.render_sms(message_data(template=template))
    sms = RECORDING.taken()

    assert sms
    assert mail.isdisjoint(sms)
