"""What a caller's key is worth: any key will do, and a few prefixes make a key that will not."""

from enum import StrEnum

from starlette.requests import Request


class Key(StrEnum):
    """What a vendor thinks of a key."""

    FINE = "fine"
    MISSING = "missing"
    BAD = "bad"
    """Starts with `bad-`."""
    ELSEWHERE = "elsewhere"
    """Starts with `bad-region-`: a key of another region."""
    POOR = "poor"
    """Starts with `poor-`: no credit is left."""


def bearer(request: Request) -> str:
    """The token of `Authorization: Bearer …`, or nothing."""
    return after(request, "bearer")


def after(request: Request, scheme: str) -> str:
    """What follows the scheme in the Authorization header, or nothing."""
    word, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if word.lower() == scheme else ""


def worth(key: str) -> Key:
    """Judge a key by its prefix."""
    if not key:
        return Key.MISSING
    for prefix, verdict in (("bad-region-", Key.ELSEWHERE), ("bad-", Key.BAD), ("poor-", Key.POOR)):
        if key.startswith(prefix):
            return verdict
    return Key.FINE
