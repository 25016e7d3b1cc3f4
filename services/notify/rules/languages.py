"""Rule: the language of a message, and of its line about help.

A message is in the reader's preferred language when the city writes in it, a speaker has reviewed
its catalogue and the message is translated in full. Else it is in the next known language of the
reader, at last in English, with one line about help in the preferred language. A message never
mixes two languages otherwise.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from shared.vocabulary import primary_subtag

ENGLISH = "en"
# Why a message is not in a language: no catalogue, not one of the city's languages, a draft that no
# speaker has reviewed, or a catalogue that lacks texts of the message.
LanguageFault: TypeAlias = Literal["unknown", "not_of_the_city", "not_reviewed", "incomplete"]


@dataclass(frozen=True, slots=True)
class MessageCatalogue:
    """The state of a language's catalogue; ``complete`` has the templates translated in full."""

    is_reviewed: bool
    complete: frozenset[str]
    has_help_line: bool


@dataclass(frozen=True, slots=True)
class MessageLanguage:
    """The language of a message, a BCP 47 primary subtag."""

    language: str
    help_language: str | None = None  # language of the line about help; None for no such line
    # Why the message is not in the preferred language, if it is known and not used.
    fault: LanguageFault | None = None


@dataclass(frozen=True, slots=True)
class LanguageRules:
    """Languages in which each city may write; ``catalogues`` are by BCP 47 primary subtag."""

    catalogues: Mapping[str, MessageCatalogue] = field(default_factory=dict)
    of_city: Mapping[str, Sequence[str]] = field(default_factory=dict)
    send_unreviewed: bool = False

    def message_language(
        self,
        template: str,
        jurisdiction: str,
        known: Sequence[str | None],
        chosen: str | None = None,
    ) -> MessageLanguage:
        """Return the language of a message to a reader of some BCP 47 tags, the preferred first.

        The language that the reader chose for messages takes precedence, and does not end the line
        about help in another language.
        """
        tags = [primary_subtag(tag) for tag in known if tag]
        wishes = [primary_subtag(chosen)] if chosen else []
        faults = {tag: self._fault(tag, template, jurisdiction) for tag in (*wishes, *tags)}
        language = next((tag for tag, fault in faults.items() if fault is None), ENGLISH)
        in_need = (
            tag
            for tag in (*wishes, *tags[:1])
            if tag != language and tag in self.catalogues and self.catalogues[tag].has_help_line
        )
        return MessageLanguage(
            language, next(in_need, None), next(iter(faults.values())) if faults else None
        )

    def offered(self, jurisdiction: str) -> Sequence[str]:
        """Return the languages in which a city may write, English first."""
        return [ENGLISH, *self._sendable(self.of_city.get(jurisdiction, ()))]

    def complete(self, template: str) -> Sequence[str]:
        """Return the languages in which a text may be shown, whatever the city, English first."""
        found = self._sendable(self.catalogues)
        return [ENGLISH, *(tag for tag in found if template in self.catalogues[tag].complete)]

    def _sendable(self, tags: Collection[str]) -> Iterator[str]:
        for tag in tags:
            catalogue = self.catalogues.get(tag)
            if catalogue and (catalogue.is_reviewed or self.send_unreviewed):
                yield tag

    def _fault(self, tag: str, template: str, jurisdiction: str) -> LanguageFault | None:
        if tag == ENGLISH:
            return None
        catalogue = self.catalogues.get(tag)
        if catalogue is None:
            return "unknown"
        if tag not in self.of_city.get(jurisdiction, ()):
            return "not_of_the_city"
        if not (catalogue.is_reviewed or self.send_unreviewed):
            return "not_reviewed"
        return None if template in catalogue.complete else "incomplete"
