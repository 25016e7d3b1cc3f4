"""``route311 notify preview``: what residents read about a case."""

import json
from pathlib import Path
from secrets import token_bytes
from typing import Annotated, get_args

import typer

from cli.connection import DEFAULT_DATA, DataOption, JsonOption, find_admin_dsn
from cli.interrupts import run
from cli.operator.id_lookup import IdLookup, UnknownNameError
from services.notify.policy import city_texts
from services.notify.rendering import MessageRenderer
from services.notify.rules.model import MessageData, TemplateName
from services.notify.rules.signed_links import SignedLinks
from services.notify.rules.sms_parts import sms_parts
from services.notify.store.preview import find_message
from shared.catalogue import load_catalogue
from shared.runtime.database import open_database
from shared.vocabulary import StatusChannel

CaseArgument = Annotated[str, typer.Argument(help="Id of the case, or a tracking number.")]
TemplateOption = Annotated[
    TemplateName, typer.Option("--template", help=f"One of {', '.join(get_args(TemplateName))}.")
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

    Nothing is sent.
    """
    case_id = IdLookup(data).case(case)
    message = run(_find(data, case_id, template, language))
    if message is None:
        raise UnknownNameError(f"{case}: notify knows nobody who can be told about it")
    links = SignedLinks.of(token_bytes(), pages_url)  # they open nothing
    renderer = MessageRenderer(city_texts(load_catalogue()), pages_url, links)
    shown = _email(renderer, message) if channel == "email" else _sms(renderer, message)
    typer.echo(json.dumps(shown) if json_output else "\n\n".join(map(str, shown.values())))


async def _find(
    data: Path, case_id: str, template: TemplateName, language: str
) -> MessageData | None:
    async with open_database(find_admin_dsn(data), "notify") as db:
        return await find_message(db, case_id, template, language)


def _email(renderer: MessageRenderer, message: MessageData) -> dict[str, object]:
    rendered = renderer.render(message)
    return {"subject": rendered.subject, "text": rendered.text}


def _sms(renderer: MessageRenderer, message: MessageData) -> dict[str, object]:
    text = renderer.render_sms(message)
    parts = sms_parts(text)
    return {"text": text, "parts": parts.count, "encoding": parts.encoding}
