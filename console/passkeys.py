"""Passkeys: registration and log-in by WebAuthn (Level 3), with challenges that need no table."""

import json
import time
from dataclasses import dataclass
from hashlib import sha256
from secrets import token_hex
from urllib.parse import urlsplit

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from shared.signed_tokens import TokenSigner

_LASTS_S = 300


class BadPasskeyError(Exception):
    """The browser's answer is not one to our challenge, or not by this key."""


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """A passkey as it is kept; the public key is in COSE form."""

    credential_id: bytes
    public_key: bytes
    uses: int


@dataclass(frozen=True, slots=True)
class Passkeys:
    """Makes challenges and checks what authenticators answer.

    A challenge is bound to the token of the form that it is in, and lasts five minutes.
    """

    origin: str
    signer: TokenSigner

    def creation_options(self, name: str, form_token: str) -> str:
        """Return the JSON options with which a browser makes a passkey for a person."""
        return options_to_json(
            generate_registration_options(
                rp_id=self._host,
                rp_name="311",
                user_id=sha256(name.encode()).digest(),
                user_name=name,
                challenge=self._challenge(form_token),
                authenticator_selection=AuthenticatorSelectionCriteria(
                    resident_key=ResidentKeyRequirement.REQUIRED,
                    user_verification=UserVerificationRequirement.REQUIRED,
                ),
            )
        )

    def request_options(self, form_token: str) -> str:
        """Return the JSON options with which a browser offers the person's passkeys."""
        return options_to_json(
            generate_authentication_options(
                rp_id=self._host,
                challenge=self._challenge(form_token),
                user_verification=UserVerificationRequirement.REQUIRED,
            )
        )

    def registered(self, credential: str, form_token: str) -> NewPasskey:
        """Return the passkey that a browser made; BadPasskeyError if it cannot be trusted."""
        try:
            made = verify_registration_response(
                credential=credential,
                expected_challenge=self._known_challenge(credential, form_token),
                expected_rp_id=self._host,
                expected_origin=self.origin,
                require_user_verification=True,
            )
        except WebAuthnException as error:
            raise BadPasskeyError from error
        return NewPasskey(made.credential_id, made.credential_public_key, made.sign_count)

    def uses_after(self, credential: str, form_token: str, known: NewPasskey) -> int:
        """Return the counter of a passkey after a log-in; BadPasskeyError if it does not fit."""
        try:
            return verify_authentication_response(
                credential=credential,
                expected_challenge=self._known_challenge(credential, form_token),
                expected_rp_id=self._host,
                expected_origin=self.origin,
                credential_public_key=known.public_key,
                credential_current_sign_count=known.uses,
                require_user_verification=True,
            ).new_sign_count
        except WebAuthnException as error:
            raise BadPasskeyError from error

    @property
    def _host(self) -> str:
        return urlsplit(self.origin).hostname or ""

    def _challenge(self, form_token: str) -> bytes:
        return self.signer.sign(form_token, f"{int(time.time())}.{token_hex(16)}").encode()

    def _known_challenge(self, credential: str, form_token: str) -> bytes:
        """Return the challenge that was answered, if it is ours and young."""
        try:
            client_data = json.loads(credential)["response"]["clientDataJSON"]
            challenge = base64url_to_bytes(json.loads(base64url_to_bytes(client_data))["challenge"])
            value = self.signer.read(form_token, challenge.decode())
        except (ValueError, KeyError, TypeError) as error:
            raise BadPasskeyError from error
        if value is None or not 0 <= time.time() - int(value.partition(".")[0]) <= _LASTS_S:
            raise BadPasskeyError
        return challenge


def credential_id_of(credential: str) -> bytes:
    """Return the id of the passkey that answered; BadPasskeyError if there is none."""
    try:
        return base64url_to_bytes(json.loads(credential)["rawId"])
    except (ValueError, KeyError, TypeError) as error:
        raise BadPasskeyError from error
