"""Translates Discord's errors for the caller: wait, look before repeating, post elsewhere, or give up (2026-11-22)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import Enum, auto

import aiohttp
import discord

from bots.chat_outages import noted, unreadable
from core import outages, tracing
from core.domain.chat.chat_errors import (
    LATE_EFFECT_S,
    AccessLost,
    CardRefused,
    ChatAway,
    ChatBusy,
    ChatError,
    ChatUnclear,
    EditRefused,
    FileRefused,
    PlaceGone,
    ThreadRefused,
)
from core.tracing import SpanKind


class Asked(Enum):
    """The kind of call: the same code of Discord means different things after different calls."""

    CHANGE = auto()
    """An edit, or another call that has no effect when it is repeated."""
    POST = auto()
    """A message in a channel, or in direct messages."""
    THREAD_POST = auto()
    """A message in a thread: where it fails, the channel may still take it."""
    READ = auto()
    """A read changes nothing, so a lost answer is no problem."""


_GONE = frozenset(
    {
        *(10003, 10004, 10013, 10015, 10062, 40007, 40060, 40094, 50001, 50007, 50008, 50009, 50013, 50024, 50027),
        *(50033, 160005),
    }
)
_NO_EDIT = frozenset({10008, 20022, 30046, 50005, 50083})
_TOO_LARGE = frozenset({40005, 50045, 50046})
_WAIT = frozenset({20016, 20022, 20028, 20029, 40062, 130000, 160006})
_AWAY = frozenset({40004, 40006, 40333})
"""Codes for a service that is switched off for a while, or that a proxy in front of Discord refuses."""
_NO_FILE = frozenset({20009, 50138})
_NO_ACCESS = frozenset({40001, 40002, 50014, 50025})
_THREAD_ONLY = frozenset({10003, 50001, 50013, 50083, 160005})
"""Codes after which a thread is lost (deleted, locked, archived, or closed to us) while its channel may still work."""

CALL_S, READ_S = 15.0, 30.0
"""Seconds that a call may take, with all that discord.py waits and repeats in it. discord.py itself waits for an answer
for five minutes, and other calls of the same limit wait behind it."""
WAIT_S = 5.0
"""Seconds to wait where Discord does not say how long."""
SERVER = "discord"
BLOCKED_S = 60.0
"""Seconds to wait where a proxy in front of Discord refuses: that block holds for every call."""
WAIT_MOST_S = 3600.0


@asynccontextmanager
async def translated(asked: Asked = Asked.CHANGE, *, within_s: float | None = None) -> AsyncIterator[None]:
    """Raise errors of discord.py as ChatErrors.

    Args:
        within_s: seconds that the call may take; None: `READ_S` or `CALL_S`.
    """
    if within_s is None:
        within_s = READ_S if asked is Asked.READ else CALL_S
    try:
        with tracing.span(f"discord {asked.name.lower()}", {}, kind=SpanKind.CALL):
            async with asyncio.timeout(within_s):
                yield
    except discord.RateLimited as error:  # known here, and asked of nobody
        raise ChatBusy(retry_after_s=min(WAIT_MOST_S, error.retry_after)) from error
    except discord.LoginFailure as error:
        raise noted(AccessLost(code="401", needed="DISCORD_TOKEN"), server=SERVER) from error
    except discord.HTTPException as error:
        raise noted(_from_answer(error, asked), server=SERVER) from error
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        is_slow = isinstance(error, TimeoutError)
        raise noted(_lost(type(error).__name__, asked, is_slow=is_slow), server=SERVER) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, KeyError) and error.args == ("retry_after",):
            raise ChatBusy(retry_after_s=WAIT_S) from error  # a 429 that names no time; discord.py hides its status
        # discord.py parses every body: a broken one does not tell whether the request took effect.
        lost = _lost("malformed answer", asked)
        raise unreadable("discord.malformed", error, lost, server=SERVER) from error
    else:
        outages.back(SERVER)


def _lost(what: str, asked: Asked, *, is_slow: bool = False) -> ChatError:
    if asked is Asked.READ:
        return ChatAway(what)
    return ChatUnclear(what, look_in_s=LATE_EFFECT_S if is_slow else 0.0)


def _from_answer(error: discord.HTTPException, asked: Asked) -> ChatError:
    code, words = error.code, str(error.code or error.status)
    posts = asked in {Asked.POST, Asked.THREAD_POST}
    if code in _NO_EDIT and not (posts and code in _WAIT):
        return CardRefused(words) if posts else EditRefused(words)
    if error.status == 429 or code in _WAIT:
        return _busy(error)
    if error.status >= 500:
        return _lost(words, asked)
    if code in _AWAY:
        return ChatAway(words)
    if (error.status == 401 and code not in _GONE) or code in _NO_ACCESS:
        return AccessLost(code=words, needed="DISCORD_TOKEN")
    return _refused(error, asked, words)


def _refused(error: discord.HTTPException, asked: Asked, words: str) -> ChatError:
    """The error for a message or a place that Discord refuses."""
    code = error.code
    if code in _TOO_LARGE or code in _NO_FILE or error.status == 413:
        return FileRefused()
    if code in _THREAD_ONLY and asked is Asked.THREAD_POST:
        return ThreadRefused(words)
    if code in _GONE or (error.status in {403, 404} and code not in _NO_EDIT and not _is_content(code)):
        return PlaceGone(words)
    return CardRefused(f"{code}: {error.text}"[:300])


def _is_content(code: int) -> bool:
    """Whether a filter of the server or of Discord refused the words: plainer words may pass."""
    return 200_000 <= code < 250_000


def _busy(error: discord.HTTPException) -> ChatBusy:
    """The seconds to wait after a 429. discord.py has waited where it could, and gives the answer as text."""
    headers = getattr(error.response, "headers", None) or {}
    told = headers.get("Retry-After") or headers.get("X-RateLimit-Reset-After")
    try:
        wait_s = float(told) if told is not None else None
    except ValueError:
        wait_s = None
    # Without a Via header the answer is not from Discord's own servers: the limit is on our address.
    blocked = error.status == 429 and error.code == 0 and "Via" not in headers and "X-RateLimit-Scope" not in headers
    is_global = blocked or headers.get("X-RateLimit-Global") is not None or headers.get("X-RateLimit-Scope") == "global"
    if wait_s is None:
        wait_s = BLOCKED_S if blocked else WAIT_S
    return ChatBusy(retry_after_s=min(WAIT_MOST_S, max(0.5, wait_s)), everywhere=is_global)
