"""Encrypts stored tokens with the newest key, and decrypts with any key that is set."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class SealBroken(Exception):
    """No key decrypts the text, or the text belongs to another workspace."""


class Sealer:
    """Encrypts the secrets of one workspace so that they can be decrypted for that workspace alone.

    Args:
        keys: Fernet keys, the newest first.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def seal(self, secrets: Mapping[str, Any], *, of: str) -> str:
        """The secrets as encrypted text."""
        return self._fernet.encrypt(json.dumps({"of": of, "secrets": dict(secrets)}).encode()).decode()

    def opened(self, sealed: str, *, of: str) -> dict[str, Any]:
        """The secrets in an encrypted text.

        Raises:
            SealBroken
        """
        try:
            found = json.loads(self._fernet.decrypt(sealed.encode()))
        except InvalidToken as error:
            raise SealBroken("no key opens it") from error
        if found.get("of") != of:
            raise SealBroken("it is sealed for another workspace")
        secrets: dict[str, Any] = found["secrets"]
        return secrets

    def resealed(self, sealed: str, *, of: str) -> str:
        """The text, encrypted again with the newest key.

        Raises:
            SealBroken
        """
        return self.seal(self.opened(sealed, of=of), of=of)
