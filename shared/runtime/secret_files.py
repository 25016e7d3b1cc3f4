"""Secret settings from files, as Docker and Kubernetes mount them."""

import os
from pathlib import Path
from typing import Any, get_args

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import PydanticBaseSettingsSource
from typing_extensions import override

from shared.errors import Route311Error


class SecretFileError(Route311Error):
    """A secret is given twice, or its file cannot be read."""

    code = "secret_file"


class SecretFiles(PydanticBaseSettingsSource):
    """Reads each ``SecretStr`` setting ``NAME`` from the file that ``NAME_FILE`` names."""

    @override
    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Return the secret and its name in the model; None without a file."""
        alias = field.validation_alias if isinstance(field.validation_alias, str) else None
        variable = (alias or f"{self.config.get('env_prefix', '')}{field_name}").upper()
        return secret_from_file(variable), alias or field_name, False

    @override
    def __call__(self) -> dict[str, Any]:
        """Return the secrets of all files; see ``secret_from_file`` for the errors."""
        found = [
            self.get_field_value(field, name)
            for name, field in self.settings_cls.model_fields.items()
            if _is_secret(field.annotation)
        ]
        return {key: secret for secret, key, _ in found if secret is not None}


def _is_secret(annotation: object) -> bool:
    return annotation is SecretStr or any(map(_is_secret, get_args(annotation)))


def secret_from_environment(variable: str) -> str | None:
    """Return the variable, or the content of its ``<variable>_FILE``, or None."""
    return secret_from_file(variable) or os.environ.get(variable) or None


def secret_from_file(variable: str) -> str | None:
    """Return the content of the file that ``<variable>_FILE`` names; None without one.

    A line break at the end is ignored.

    Raises:
        SecretFileError: The variable itself is set as well, or the file cannot be read.
    """
    file = os.environ.get(f"{variable}_FILE")
    if not file:
        return None
    if os.environ.get(variable):
        raise SecretFileError(f"{variable} and {variable}_FILE are both set; remove one of them")
    try:
        return Path(file).read_text().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SecretFileError(
            f"{variable}_FILE: {file} cannot be read ({type(error).__name__})"
        ) from error
