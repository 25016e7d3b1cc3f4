"""``route311 notify preview``: a message about a case as a resident would get it."""

from secrets import token_bytes
from typing import Annotated, Literal, TypeAlias, get_args

import typer

from cli.connection import DEFAULT_DATA, DataOption, JsonOption, find_admin_dsn
from cli.interrupts import query
from cli.operator.id_lookup import IdLookup, UnknownNameError
from cli.terminal import print_found
from services.notify.channels.sms.rules import sms_parts
from services.notify.policy import city_texts
from services.notify.records import MessageData
from services.notify.rendering.catalogues import load_message_languages, message_catalogues
from services.notify.rendering.renderer import MessageRenderer
from services.notify.rules.languages import LanguageRules
from services.notify.rules.model import TemplateName
from services.notify.rules.signed_links import SignedLinks
from services.notify.store.deliveries import find_message
from shared.catalogue import load_catalogue
from shared.spoken_languages import SpokenLanguage
from shared.vocabulary import StatusChannel, primary_subtag

PreviewName: TypeAlias = Literal[TemplateName, "feedback"]

CaseArgument = Annotated[str, typer.Argument(help="Id of the case, or a tracking number.")]
TemplateOption = Annotated[
    PreviewName, typer.Option("--template", help=f"One of {', '.join(get_args(PreviewName))}.")
]
LanguageOption = Annotated[
    str, typer.Option("--language", help="The reader's language, such as en, es or vi.")
]
ChannelOption = Annotated[StatusChannel, typer.Option("--channel", help="E-mail or SMS.")]
PagesOption = Annotated[str, typer.Option("--pages-url", help="Base URL of the residents' pages.")]


def preview(
    case: CaseArgument,
    template: TemplateOption,
    language: LanguageOption = "en",
    channel: ChannelOption = "email",
    pages_url: PagesOption = "https://311.example.org",
    data: DataOption = DEFAULT_DATA,
    json_output: JsonOption = False,
) -> None:
    """Show a message about a case as its first reporter would get it, without the name.

    `question` is what a person of the staff asks, `feedback` the message that asks whether the
    problem is fixed. Texts that no speaker has reviewed are shown with a note. Nothing is sent.

    Example: `route311 notify preview 26-7KQ4-M2 --template completed --language es`
    """
    case_id = IdLookup(data).case(case)
    catalogue, languages = load_catalogue(), load_message_languages()
    rules = LanguageRules(
        message_catalogues(languages),
        {city: tuple(languages) for city in catalogue.jurisdictions},
        send_unreviewed=True,
    )
    of: TemplateName = "completed" if template == "feedback" else template
    dsn = find_admin_dsn(data)
    message = query(dsn, "notify", lambda db: find_message(db, case_id, of, language, rules))
    if message is None:
        raise UnknownNameError(f"{case}: no reporter of it is known to notify")
    links = SignedLinks.of([token_bytes()], pages_url)  # they open nothing
    renderer = MessageRenderer(city_texts(catalogue), pages_url, links, languages)
    note = _note(language, languages[message.language])
    shown = _message(channel, message, renderer) | ({"note": note} if note else {})
    print_found(shown, "\n\n".join(map(str, shown.values())), as_json=json_output)


def _note(wished: str, shown: SpokenLanguage) -> str:
    if shown.tag != primary_subtag(wished):
        return f"Not in {wished}: there is no catalogue, or it lacks this message."
    if not shown.is_reviewed:
        return (
            f"Not reviewed: no speaker of {wished} has signed these texts. Residents get English "
            "and a line about help, unless NOTIFY_UNREVIEWED is send."
        )
    return ""


def _message(
    channel: StatusChannel, data: MessageData, renderer: MessageRenderer
) -> dict[str, object]:
    if channel == "sms":
        return _text(renderer.render_sms(data))
    rendered = renderer.render(data)
    return {"subject": rendered.subject, "text": rendered.text}


def _text(text: str) -> dict[str, object]:
    parts = sms_parts(text)
    return {"text": text, "parts": parts.count, "encoding": parts.encoding}
