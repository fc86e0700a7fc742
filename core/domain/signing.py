"""Signatures of what travels through a chat platform and comes back: a button's action and subject, a form's memory.

A platform signs its requests, but some clients let a person send any value in them. A value that we did not give out is
told from ours without asking the database; what a genuine one may reach is decided by the caller's team.
"""

import hmac
from base64 import b32encode
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Self

LENGTH = 12
"""Characters of a signature, of five bits each: short enough for Discord's ids, and nobody can try 2^60 buttons."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs with its first key, and knows what was signed with any of them.

    Args:
        keys: the newest first; those behind it are on their way out.
    """

    keys: tuple[bytes, ...] = field(repr=False)

    @classmethod
    def derived(cls, secrets: Iterable[str], *, purpose: str) -> Self:
        """A signer for one purpose: what it signs counts nowhere else, though the secrets are the same."""
        return cls(tuple(hmac.digest(secret.encode(), purpose.encode(), "sha256") for secret in secrets))

    def sign(self, *words: str) -> str:
        """Digits and small letters."""
        return _signature(self.keys[0], words)

    def knows(self, signature: str, *words: str) -> bool:
        """Whether we signed exactly these words."""
        given = _bytes(signature)
        return any(hmac.compare_digest(given, _signature(key, words).encode()) for key in self.keys)


def _signature(key: bytes, words: tuple[str, ...]) -> str:
    # Each word goes with its length, so that no two lists of words are the same bytes.
    message = b"".join(len(data).to_bytes(4, "big") + data for data in map(_bytes, words))
    return b32encode(hmac.new(key, message, sha256).digest()).decode().lower()[:LENGTH]


def _bytes(word: str) -> bytes:
    return word.encode(errors="surrogatepass")  # a platform may deliver half a character
