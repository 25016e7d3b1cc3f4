"""What intake says in a language."""

from services.intake.policy import intake_languages
from shared.catalogue import LocalText, ProgramText
from shared.spoken_languages import language_of

# The reviewed languages and the drafts.
LANGUAGES = intake_languages(unreviewed=True)


def spoken(*texts: ProgramText | LocalText, language: str | None = None, **values: str) -> str:
    """Return texts behind each other, also of a draft; open placeholders stay as they are."""
    reader = language_of(LANGUAGES, language)
    open_values = {name: f"{{{name}}}" for name in ("number", "phone", "status")}
    return " ".join(reader.say(text, **{**open_values, **values}) for text in texts)
