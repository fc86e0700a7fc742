"""What Discord's answers mean to whoever posts: wait, look first, somewhere else, or never (facts of 2026-11-22)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import discord
import structlog

from core.domain.chat_errors import (
    CardRefused,
    ChatBusy,
    ChatError,
    ChatUnclear,
    EditRefused,
    FileRefused,
    PlaceGone,
)

_GONE = frozenset({10003, 10004, 10015, 10062, 40060, 50001, 50007, 50013, 50027, 160005})
_NO_EDIT = frozenset({10008, 30046, 50005, 50083})
_TOO_LARGE = frozenset({40005, 50045})
_WAIT = frozenset({20016, 20022, 20028, 130000, 160006})
_TOKEN_RETRY_S = 60.0
_UNREADABLE = (ValueError, TypeError, KeyError, AttributeError)
"""What discord.py makes of an answer of 200 whose body is cut, a proxy's, or of another shape."""

log = structlog.get_logger()


@asynccontextmanager
async def translated() -> AsyncIterator[None]:
    """Raise what went wrong with Discord as a ChatError."""
    try:
        yield
    except discord.RateLimited as error:
        raise ChatBusy(retry_after_s=min(600.0, error.retry_after)) from error
    except discord.LoginFailure as error:
        raise ChatBusy(retry_after_s=_TOKEN_RETRY_S) from error
    except discord.HTTPException as error:
        raise _from_answer(error) from error
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise ChatUnclear(type(error).__name__) from error
    except _UNREADABLE as error:
        log.warning("discord.unreadable", exc_info=error)
        raise ChatUnclear("an answer that is none") from error


def _from_answer(error: discord.HTTPException) -> ChatError:
    if error.status == 429 or error.code in _WAIT:
        return ChatBusy(retry_after_s=5.0)
    if error.status >= 500:
        return ChatUnclear(str(error.status))
    if error.code in _TOO_LARGE or error.status == 413:
        return FileRefused()
    if error.code in _NO_EDIT:
        return EditRefused(str(error.code))
    if error.code in _GONE or error.status in {403, 404}:
        return PlaceGone(str(error.code))
    if error.status == 401:
        return ChatBusy(retry_after_s=_TOKEN_RETRY_S)
    return CardRefused(f"{error.code}: {error.text}"[:300])
