"""Tokens at rest: sealed with the newest key, opened with any of those that are still set."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class SealBroken(Exception):
    """None of the keys opens it, or it belongs to another workspace."""


class Sealer:
    """Seals what is secret of one workspace, so that it opens for that workspace alone.

    Args:
        keys: of Fernet, the newest first.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def seal(self, secrets: Mapping[str, Any], *, of: str) -> str:
        """The secrets as a text that says nothing without a key."""
        return self._fernet.encrypt(json.dumps({"of": of, "secrets": dict(secrets)}).encode()).decode()

    def opened(self, sealed: str, *, of: str) -> dict[str, Any]:
        """What was sealed.

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
        """The same, sealed with the newest key.

        Raises:
            SealBroken
        """
        return self.seal(self.opened(sealed, of=of), of=of)
