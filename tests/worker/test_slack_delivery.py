"""Every error that Slack's methods document, at every message of a generation's life: the contract holds."""

from collections.abc import AsyncIterator
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from sandbox.slack import Slack
from tests.quick import shared
from tests.sandbox.slack.conftest import serving
from tests.worker.delivery_walk import (
    EDITS_OFTEN_S,
    EDITS_SELDOM_S,
    Case,
    Order,
    kind_of,
    walked_well,
    walking,
)
from tests.worker.script import Script
from tests.worker.slack_stage import EVERYWHERE, SlackStage

WAITS = ("ratelimited", "rate_limited", "team_added_to_org")
UNCLEAR = (
    "internal_error",
    "fatal_error",
    "service_unavailable",
    "request_timeout",
    "http_500",
    "http_502",
    "http_503",
)
BROKEN = ("drop", "swallow")
"""Done, and the answer lost; and not done, and no answer."""
PLACES = (
    "not_in_channel", "channel_not_found", "is_archived", "is_inactive", "restricted_action",
    "restricted_action_read_only_channel", "restricted_action_thread_only_channel", "posting_to_channel_denied",
    "no_permission", "invalid_channel", "messages_tab_disabled", "user_not_found", "cannot_dm_bot",
)  # fmt: skip
THREADS = (
    "restricted_action_non_threadable_channel", "restricted_action_thread_locked", "message_not_found",
    "cannot_reply_to_message", "thread_not_found",
)  # fmt: skip
CARDS = (
    "invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "invalid_arguments", "no_text", "msg_too_long",
    "markdown_text_conflict", "metadata_too_large", "invalid_metadata_schema", "metadata_must_be_sent_from_app",
    "too_many_attachments", "invalid_attachments", "missing_argument", "invalid_arg_name", "unknown_method",
    "something_that_nobody_lists", "http_400", "http_404",
)  # fmt: skip
ACCESS = (
    "message_limit_exceeded", "ekm_access_denied", "accesslimited", "token_revoked", "account_inactive", "invalid_auth",
    "not_authed", "token_expired", "missing_scope", "not_allowed_token_type", "team_access_not_granted",
    "org_login_required", "enterprise_is_restricted",
)  # fmt: skip
SCOPES = ("missing_scope",)
EDITS = ("cant_update_message", "edit_window_closed", "streaming_state_conflict", "message_not_found")
FILES = (
    "file_uploads_disabled", "file_upload_size_restricted", "storage_limit_reached", "channels_limit_exceeded",
    "file_not_found", "file_update_failed",
)  # fmt: skip
CLASSES = {
    "waits": WAITS, "unclear": UNCLEAR, "place": PLACES, "thread": THREADS, "card": CARDS, "access": ACCESS,
    "edit": EDITS, "file": FILES,
}  # fmt: skip
ALL = (*WAITS, *UNCLEAR, *BROKEN, *PLACES, *THREADS, *CARDS, *ACCESS, *EDITS, *FILES)
BYTES = ("http_400", "http_404", "http_413", "http_500", "drop", "swallow")
PASSES = {*WAITS, *UNCLEAR, "drop", "swallow"}
"""What is over some time."""
ONCE = frozenset(
    each for of_class in (WAITS, UNCLEAR, PLACES, THREADS, CARDS, ACCESS, EDITS, FILES) for each in of_class[:1]
)
ONCE |= {*BROKEN, "file_not_found", "something_that_nobody_lists"}
POST, UPDATE = "chat.postMessage", "chat.update"
URL, COMPLETE = "files.getUploadURLExternal", "files.completeUploadExternal"


def cases(point: str, method: str, *, skip: int = 0, codes: tuple[str, ...] = ALL, **more: Any) -> list[Case]:
    """Each code until it is lifted, after ten minutes what passes, never a refusal; and of each class one once."""
    found = []
    for code in codes:
        for times in (1, None) if code in ONCE else (None,):
            lifted_after_s = 600.0 if times is None and code in PASSES else None
            order = Order(method=method, code=code, skip=skip, times=times)
            often = "once" if times else "on and on"
            name, kind = f"{point}: {method} {code} {often}", f"{point}: {kind_of(code, CLASSES)}"
            found.append(Case(name=name, kind=kind, orders=(order,), lifted_after_s=lifted_after_s, **more))
    return found


def lost(skip: int, look: str, code: str) -> Case:
    """A post is done and its answer lost, and whoever looks for it is refused for ten minutes."""
    orders = (Order(method=POST, code="drop", skip=skip, times=1), Order(method=look, code=code))
    name, kind = f"lost: {look} {code}", f"lost: {look} {kind_of(code, CLASSES)}"
    return Case(name=name, kind=kind, orders=orders, lifted_after_s=600.0, files=1, where="thread")


def nowhere(code: str) -> Case:
    """Neither the channel nor the person takes a message, or a file."""
    orders = (Order(method=EVERYWHERE + POST, code=code), Order(method=URL, code="file_uploads_disabled"))
    kind = f"nowhere: {kind_of(code, CLASSES)}"
    return Case(name=f"nowhere: {code}", kind=kind, orders=orders, undeliverable=True)


def exchanged(code: str) -> list[Case]:
    """A token is exchanged while it is used: for a moment Slack refuses what is edited, taken away and uploaded."""
    at_the_end = (Order(method=UPDATE, code=code, times=2), Order(method="chat.delete", code=code, times=1))
    uploading = (Order(method=URL, code=code, times=2), Order(method=COMPLETE, code=code, times=1))
    return [
        Case(name=f"exchanged: edits {code}", kind="exchanged: edits", orders=at_the_end, files=1, where="thread"),
        Case(name=f"exchanged: upload {code}", kind="exchanged: upload", orders=uploading, files=1, where="thread"),
    ]


pytestmark = pytest.mark.long

TABLES = {
    "root": cases("root", POST, codes=tuple(c for c in ALL if c not in ACCESS)),
    "progress": cases("progress", POST, skip=1, codes=tuple(c for c in ALL if c not in ACCESS)),
    "edits": cases("edit", UPDATE, files=1, where="thread"),
    "upload": [
        *cases("upload, first step", URL),
        *cases("upload, second step", "upload", codes=BYTES),
    ],
    "share": [
        *cases("upload, third step", COMPLETE),
        *cases("look at the file", "files.info", codes=(*WAITS, *UNCLEAR, *ACCESS, "file_not_found", "file_deleted")),
    ],
    "looks": [
        *(lost(0, "conversations.history", code) for code in (*WAITS, *UNCLEAR)),
        *(lost(1, "conversations.replies", code) for code in (*WAITS, *UNCLEAR)),
        *cases("take away", "chat.delete", codes=(*WAITS, *UNCLEAR, *ACCESS, "cant_delete_message")),
    ],
    "credentials": [case for code in ACCESS if code not in SCOPES for case in exchanged(code)],
    "ways out": [
        *(
            Case(
                name=f"direct: conversations.open {code}",
                kind=f"direct: {kind_of(code, CLASSES)}",
                orders=(Order(method=POST, code="is_archived"), Order(method="conversations.open", code=code)),
                undeliverable=code not in PASSES,
                lifted_after_s=600.0 if code in PASSES else None,
            )
            for code in (*WAITS, *UNCLEAR, *PLACES, *ACCESS)
        ),
        *(nowhere(code) for code in (*PLACES, *CARDS, *ACCESS)),
        *cases("join", "conversations.join", codes=(*WAITS, *UNCLEAR, *PLACES, *ACCESS)),
    ],
}
ABOUT_EDITS = {"progress", "edits"}


@pytest_asyncio.fixture
async def stage(tmp_path: Path) -> AsyncIterator[SlackStage]:
    async with serving(tmp_path / "slack", {"share_s": 0.0}) as slack:
        yield await _opened(slack)


async def _opened(slack: Slack) -> SlackStage:
    return SlackStage(slack)


@pytest.mark.parametrize("table", TABLES)
async def test_whatever_slack_answers_every_generation_ends_as_the_contract_has_it(
    table: str, stage: SlackStage, database: str, tmp_path: Path, clip: Path
) -> None:
    every_s = EDITS_OFTEN_S if table in ABOUT_EDITS else EDITS_SELDOM_S
    async with walking(stage, database=database, folder=tmp_path, clip=clip, progress_every_s=every_s) as walk:
        await walked_well(
            walk, shared(TABLES[table], attrgetter("kind"), of=f"slack, {table}", n=list(TABLES).index(table))
        )
    await stage.chat.aclose()


async def test_a_last_word_without_a_video_comes_as_surely(
    stage: SlackStage, database: str, tmp_path: Path, clip: Path
) -> None:
    table = cases("result", POST, skip=2, codes=tuple(c for c in ALL if c not in ACCESS))
    script = Script(veo=("refuses",), kling=("refuses",), calls_back=False)
    async with walking(stage, database=database, folder=tmp_path, clip=clip, script=script) as walk:
        await walked_well(walk, shared(table, attrgetter("kind"), of="slack, result", n=len(TABLES)))
    await stage.chat.aclose()
