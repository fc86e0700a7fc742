"""What Slack's answers mean to whoever posts: wait, look first, somewhere else, or never (facts of 2026-11-22)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from core.ports import ChatBug, ChatBusy, ChatError, ChatUnclear, ClipTooLarge, EditRefused, PlaceGone

_GONE = frozenset(
    {
        "channel_not_found", "not_in_channel", "is_archived", "is_inactive", "restricted_action",
        "restricted_action_read_only_channel", "restricted_action_thread_only_channel",
        "restricted_action_non_threadable_channel", "restricted_action_thread_locked", "thread_not_found",
        "cannot_reply_to_message", "posting_to_channel_denied", "invalid_channel", "messages_tab_disabled",
        "user_not_found", "cannot_dm_bot", "no_permission",
    }
)  # fmt: skip
_NO_EDIT = frozenset(
    {"cant_update_message", "edit_window_closed", "msg_too_long", "message_not_found", "streaming_state_conflict"}
)
_WAIT = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
_UNCLEAR = frozenset(
    {
        "internal_error", "fatal_error", "service_unavailable", "request_timeout",
        # Of an upload: its last step was taken already, or Slack has dropped the bytes.
        "file_not_found", "file_update_failed",
    }
)  # fmt: skip
_TOO_LARGE = frozenset({"file_upload_size_restricted", "storage_limit_reached", "file_uploads_disabled"})
_INSTALLATION = frozenset(
    {
        "token_revoked", "account_inactive", "invalid_auth", "not_authed", "token_expired", "missing_scope",
        "team_access_not_granted", "org_login_required", "team_added_to_org", "ekm_access_denied", "accesslimited",
    }
)  # fmt: skip
_INSTALLATION_RETRY_S = 60.0
_UNREADABLE = (ValueError, TypeError, KeyError, AttributeError)
"""What comes of an answer of 200 whose body is cut, a proxy's, or of another shape: the SDK and we take it for one."""

log = structlog.get_logger()


@asynccontextmanager
async def translated() -> AsyncIterator[None]:
    """Raise what went wrong with Slack as a ChatError."""
    try:
        yield
    except SlackApiError as error:
        raise _from_answer(error) from error
    except (SlackClientError, aiohttp.ClientError, TimeoutError, asyncio.IncompleteReadError, OSError) as error:
        raise ChatUnclear(type(error).__name__) from error
    except _UNREADABLE as error:
        log.warning("slack.unreadable", exc_info=error)
        raise ChatUnclear("an answer that is none") from error


def told(answer: AsyncSlackResponse, name: str) -> Any:
    """What an answer must have. The SDK gives None for what is not in it.

    Raises:
        ChatUnclear: it says 200 and ok, and is no answer to what was asked.
    """
    found = answer.get(name)
    if found is None:
        raise ChatUnclear(f"an answer without {name}")
    return found


def _from_answer(error: SlackApiError) -> ChatError:
    response = error.response
    status = getattr(response, "status_code", 200)
    # A 5xx has no JSON, so its body is text: then only the status tells.
    known = getattr(response, "data", None)  # the SDK may hand out its HTTP library's own response
    data = known if isinstance(known, dict) else {}
    code = str(data.get("error", ""))
    if status == 429 or code in _WAIT:
        return ChatBusy(retry_after_s=_retry_after_s(response.headers))
    if status >= 500 or code in _UNCLEAR or not code:
        return ChatUnclear(code or str(status))
    if code in _GONE:
        return PlaceGone(code)
    if code in _NO_EDIT:
        return EditRefused(code)
    if code in _TOO_LARGE:
        return ClipTooLarge()
    if code in _INSTALLATION:
        return ChatBusy(retry_after_s=_INSTALLATION_RETRY_S)
    details = data.get("response_metadata", {})
    messages = details.get("messages", []) if isinstance(details, dict) else []
    return ChatBug(f"{code}: {'; '.join(map(str, messages))}"[:300])


def _retry_after_s(headers: object) -> float:
    values = {str(k).lower(): v for k, v in dict(headers).items()} if isinstance(headers, dict) else {}
    try:
        return min(600.0, max(1.0, float(values.get("retry-after", 1))))
    except (TypeError, ValueError):
        return 1.0
