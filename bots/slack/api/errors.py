"""Translates Slack's errors for the caller, by code and by method (facts of 2026-11-22)."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

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

ACCESS = "oauth.v2.access"
"""The method that exchanges a code or a token for a fresh token. Within a short grace it may be repeated."""
READS = frozenset(
    {
        ACCESS, "auth.test", "chat.getPermalink", "conversations.history", "conversations.info", "conversations.join",
        "conversations.open", "conversations.replies", "files.getUploadURLExternal", "files.info",
        "team.info", "users.info",
    }
)  # fmt: skip
"""Methods that may be repeated without a look before: they change nothing, or nothing more when repeated."""
_EDITS = frozenset({"chat.update", "chat.delete"})
_FILES = frozenset({"files.completeUploadExternal", "files.delete", "files.getUploadURLExternal", "files.info"})

_WAIT = frozenset({"ratelimited", "rate_limited"})
_UNCLEAR = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout"})
_AWAY = frozenset({"team_added_to_org"})
"""Codes of a workspace that is being moved into an organization and answers only at times."""
_PLACE = frozenset(
    {
        "cannot_dm_bot", "channel_not_found", "channel_is_limited_access", "invalid_channel", "is_archived",
        "is_inactive", "messages_tab_disabled", "no_permission", "no_such_subteam", "not_in_channel",
        "posting_to_channel_denied",
        "restricted_action", "restricted_action_read_only_channel", "restricted_action_thread_only_channel",
        "user_disabled", "user_not_found", "user_not_visible",
    }
)  # fmt: skip
_THREAD = frozenset(
    {
        "cannot_reply_to_message", "invalid_thread_ts", "message_not_found",
        "restricted_action_non_threadable_channel", "restricted_action_thread_locked", "thread_not_found",
    }
)  # fmt: skip
_NO_EDIT = frozenset(
    {"cant_delete_message", "cant_update_message", "edit_window_closed", "streaming_state_conflict"}
)  # fmt: skip
_NO_FILE = frozenset(
    {
        "channels_limit_exceeded", "file_upload_size_restricted", "file_uploads_disabled",
        "file_uploads_except_images_disabled", "missing_argument", "storage_limit_reached",
    }
)  # fmt: skip
_FILE_LOST = frozenset({"file_not_found", "file_update_failed", "file_deleted"})
"""Codes of a file whose last step was done already, or whose bytes Slack has dropped: `files.info` tells which."""
_ACCESS = frozenset(
    {
        "access_denied", "accesslimited", "account_inactive", "app_missing_scope", "bad_client_secret",
        "ekm_access_denied", "enterprise_is_restricted", "invalid_auth", "invalid_client_id", "invalid_refresh_token",
        "message_limit_exceeded", "missing_scope", "no_scope", "not_allowed_token_type", "not_authed",
        "org_login_required", "team_access_not_granted", "token_expired", "token_revoked",
        "two_factor_setup_required",
    }
)  # fmt: skip
"""Codes that only the operator or the workspace's admins can repair; they are the same in every channel."""
NO_SCOPE = frozenset({"app_missing_scope", "missing_scope", "no_scope"})
"""Codes of calls for which a good token lacks a scope."""
TOKEN_REFUSED = frozenset({"invalid_auth", "not_authed", "account_inactive", "token_revoked", "not_allowed_token_type"})
"""Codes for a wrong token, which has to be changed in the settings."""
SERVER = "slack"
_AWAY_S = 60.0
RETRY_AFTER_MOST_S = 3600.0
_UNREADABLE = (ValueError, TypeError, KeyError, AttributeError)
"""Exceptions of the SDK and of ours after an answer of 200 whose body is cut, of another shape, or a proxy's."""


@asynccontextmanager
async def translated(method: str) -> AsyncIterator[None]:
    """Raise errors of a call of this method as ChatErrors."""
    try:
        with tracing.span(f"slack {method}", {}, kind=SpanKind.CALL):
            yield
    except SlackApiError as error:
        raise noted(meaning(error, method), server=SERVER) from error
    except aiohttp.ClientConnectorError as error:
        raise noted(ChatAway(type(error).__name__), server=SERVER) from error  # nothing was sent
    except (SlackClientError, aiohttp.ClientError, TimeoutError, asyncio.IncompleteReadError, OSError) as error:
        raise noted(
            _unclear(type(error).__name__, method, is_slow=isinstance(error, TimeoutError)), server=SERVER
        ) from error
    except _UNREADABLE as error:
        unclear = _unclear("an answer that is none", method)
        raise unreadable("slack.unreadable", error, unclear, server=SERVER, method=method) from error
    else:
        outages.back(SERVER)


@contextmanager
def already(*codes: str) -> Iterator[None]:
    """Take these refusals for a yes: what was asked is so already."""
    try:
        yield
    except SlackApiError as error:
        if code_of(error) not in codes:
            raise


def word(answer: AsyncSlackResponse, name: str) -> str:
    """What an answer says under this name; the SDK takes nothing for it where it is missing.

    Raises:
        KeyError: it says nothing, so it is none.
    """
    found = answer.get(name)
    if not isinstance(found, str) or not found:
        raise KeyError(name)
    return found


def code_of(error: SlackApiError) -> str:
    """Slack's word for what is wrong; "" for an answer that is none of Slack's, such as a proxy's page."""
    return str(_data(error).get("error") or "")


def meaning(error: SlackApiError, method: str) -> ChatError:
    """What a refusal means to whoever called this method."""
    code, status = code_of(error), int(getattr(error.response, "status_code", 200) or 200)
    if status == 429 or code in _WAIT:
        return ChatBusy(retry_after_s=_retry_after_s(error.response), limit=method)
    if code in _AWAY:
        return ChatBusy(retry_after_s=_AWAY_S)
    if code in _ACCESS:
        return AccessLost(code, needed=str(_data(error).get("needed") or "") or None, is_scope=code in NO_SCOPE)
    if status >= 500 or code in _UNCLEAR or (not code and status < 400):
        return _unclear(code or str(status), method)
    return _refusal(code or str(status), method, _data(error))


def _refusal(code: str, method: str, data: dict[str, Any]) -> ChatError:
    if method in _EDITS:
        return EditRefused(code) if code in _NO_EDIT | _PLACE | _THREAD else CardRefused(_told(code, data))
    if method in _FILES:
        if code in _FILE_LOST:
            return ChatUnclear(code)
        if code in _THREAD:
            return ThreadRefused(code)
        # A message may pass where a file does not; if none does either, it is the message that says so.
        return FileRefused() if code in _NO_FILE | _PLACE else CardRefused(_told(code, data))
    if code in _THREAD:
        return ThreadRefused(code)
    return PlaceGone(code) if code in _PLACE else CardRefused(_told(code, data))


def _unclear(why: str, method: str, *, is_slow: bool = False) -> ChatError:
    return ChatAway(why) if method in READS else ChatUnclear(why, look_in_s=LATE_EFFECT_S if is_slow else 0.0)


def _told(code: str, data: dict[str, Any]) -> str:
    details = data.get("response_metadata", {})
    messages = details.get("messages", []) if isinstance(details, dict) else []
    return f"{code}: {'; '.join(map(str, messages))}"[:300] if messages else code


def _data(error: SlackApiError) -> dict[str, Any]:
    # A 5xx has no JSON, so its body is text: then only the status tells.
    data = getattr(error.response, "data", None)
    return data if isinstance(data, dict) else {}


def _retry_after_s(response: object) -> float:
    """What Slack said, as any kind of mapping says it: over a socket it is aiohttp's, whose names have no case."""
    headers = getattr(response, "headers", None) or {}
    try:
        told = next((value for name, value in headers.items() if str(name).lower() == "retry-after"), "1")
        return min(RETRY_AFTER_MOST_S, max(1.0, float(told)))
    except (AttributeError, TypeError, ValueError):
        return 1.0
