"""The pages behind an e-mail's links to unsubscribe and to choose which messages come.

A GET changes nothing, since mail scanners follow links. Mail programs unsubscribe by a POST of
their own, without cookies and without the page (RFC 8058); its body says nothing more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

from aiohttp import web

from services.notify.channels.resident_links.links import (
    FORM_REFUSALS,
    HTML,
    LANGUAGE,
    LINK_REFUSALS,
    LinkReader,
    form_fields,
)
from services.notify.channels.resident_links.pages import BadLinkError, LinkPages
from services.notify.rules.recipients import UpdatesChoice
from services.notify.rules.signed_links import PATHS, LinkPurpose
from services.notify.store.preferences import (
    KnownPreferences,
    find_preferences,
    save_preferences,
    unsubscribe,
)
from shared.runtime.clock import utc_now
from shared.runtime.http.calls import MAX_FORM_BYTES, URLENCODED, body_of
from shared.runtime.http.deadline import Deadline
from shared.runtime.http.openapi import Content, Operation, documents
from shared.runtime.postgres import Pool, borrow, transaction
from shared.vocabulary import primary_subtag


@dataclass(frozen=True, slots=True)
class Preferences:
    """Finds and keeps what people choose; a link stands for the person whom its e-mail was for."""

    pool: Pool

    async def find(self, notification_id: str) -> KnownPreferences | None:
        """Return the preferences of a person; None for an unknown e-mail."""
        async with borrow(self.pool) as db:
            return await find_preferences(db, notification_id)

    async def unsubscribe(self, person: str, now: datetime) -> None:
        """Send a person no more e-mail about reports. Idempotent."""
        async with transaction(self.pool) as db:
            await unsubscribe(db, person, now)

    async def save(self, person: str, updates: UpdatesChoice, language: str, now: datetime) -> None:
        """Save what a person chose.

        Args:
            person: Keyed hash of the person.
            updates: Messages that the person gets.
            language: BCP 47 tag of messages.
        """
        async with transaction(self.pool) as db:
            await save_preferences(db, person, updates, language, now)


_UNSUBSCRIBE = f"{PATHS['unsubscribe']}{{token}}"
_PREFERENCES = f"{PATHS['preferences']}{{token}}"
_CHOICES: Mapping[str, UpdatesChoice] = {choice: choice for choice in get_args(UpdatesChoice)}

_PAGE = Content("The page.", HTML)
_ASK_TO_STOP = Operation(
    "Ask whether e-mails shall stop; changes nothing.",
    {200: _PAGE, **LINK_REFUSALS},
    query=LANGUAGE,
)
_STOP = Operation(
    "Unsubscribe, by the page or by one click (RFC 8058); a repeat changes nothing.",
    {200: Content("No more e-mail comes about reports.", HTML), **LINK_REFUSALS},
    query=LANGUAGE,
)
_SHOW = Operation(
    "Ask which messages shall come; changes nothing.", {200: _PAGE, **LINK_REFUSALS}, query=LANGUAGE
)
_SAVE = Operation(
    "Save which messages come, and their language.",
    {
        200: Content("It is saved.", HTML),
        **FORM_REFUSALS,
    },
    body=Content(
        "`updates` is `all`, `important` or `none`, `language` one of the page's.",
        (URLENCODED,),
        dict[str, str],
        example={"updates": "important", "language": "es"},
    ),
    query=LANGUAGE,
)


@dataclass(frozen=True, slots=True)
class PreferencePages:
    """Handlers of the pages.

    Attributes:
        preferences: Finds and keeps what people choose.
    """

    pages: LinkPages
    reader: LinkReader
    preferences: Preferences

    async def ask_to_stop(self, request: web.Request) -> web.Response:
        """Ask whether e-mails shall stop."""
        message, known = await self._found(request, "unsubscribe")
        return self._page(request, "unsubscribe", message, known)

    async def stop(self, request: web.Request) -> web.Response:
        """Unsubscribe."""
        message, known = await self._found(request, "unsubscribe")
        await Deadline().wait_for(self.preferences.unsubscribe(known.person, utc_now()))
        return self._page(request, "unsubscribed", message, known)

    async def show(self, request: web.Request) -> web.Response:
        """Ask which messages shall come."""
        message, known = await self._found(request, "preferences")
        return self._page(request, "preferences", message, known, fault=False)

    async def save(self, request: web.Request) -> web.Response:
        """Save which messages shall come."""
        message, known = await self._found(request, "preferences")
        fields = form_fields(await body_of(request, URLENCODED, max_bytes=MAX_FORM_BYTES))
        updates = _CHOICES.get(fields.get("updates", ""))
        language = primary_subtag(fields.get("language", ""))
        if updates is None or language not in self.pages.offered(known.jurisdiction):
            return self._page(request, "preferences", message, known, status=422, fault=True)
        saving = self.preferences.save(known.person, updates, language, utc_now())
        await Deadline().wait_for(saving)
        chosen = known._replace(updates=updates, language=language)
        return self._page(request, "preferences_saved", message, chosen)

    async def _found(
        self, request: web.Request, purpose: LinkPurpose
    ) -> tuple[str, KnownPreferences]:
        """Return the message of a link, and its recipient's preferences.

        Raises:
            BadLinkError: The link is of no e-mail, or too old.
        """
        message = self.reader.message_of(request, purpose)
        known = await Deadline().wait_for(self.preferences.find(message))
        if known is None:
            raise BadLinkError("unknown")
        self.reader.require_live(purpose, known.due_at)
        return message, known

    def _page(
        self,
        request: web.Request,
        template: str,
        message: str,
        known: KnownPreferences,
        status: int = 200,
        **variables: Any,  # noqa: ANN401 - whatever the template shows
    ) -> web.Response:
        return self.pages.page(
            template,
            jurisdiction=known.jurisdiction,
            language=self.pages.chosen_language(request, known.language),
            tracking_number=known.tracking_number,
            service_code=known.service_code,
            status=status,
            updates=known.updates,
            message_language=known.language,
            preferences_url=self.reader.links.url("preferences", message),
            **variables,
        )


def preference_routes(page: PreferencePages) -> list[web.RouteDef]:
    """Return the routes of the pages."""
    guarded = page.pages.guarded
    return [
        web.get(_UNSUBSCRIBE, documents(guarded(page.ask_to_stop), _ASK_TO_STOP)),
        web.post(_UNSUBSCRIBE, documents(guarded(page.stop), _STOP)),
        web.get(_PREFERENCES, documents(guarded(page.show), _SHOW)),
        web.post(_PREFERENCES, documents(guarded(page.save), _SAVE)),
    ]
