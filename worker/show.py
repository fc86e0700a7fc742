"""Brings finished videos into their community's gallery, and says there what is to be said by itself.

Every worker looks now and then. A row is claimed before it is posted; whoever repeats a post looks for it first.
"""

import time
from dataclasses import replace
from datetime import datetime

import structlog

from core import access_log, clips
from core.clips import CannotShrink, MediaAway, NotAVideo
from core.db.credits.credit_alerts import note_gallery_lost
from core.db.errors import connection, statement, transaction
from core.db.generations import announcements, contests, showings
from core.db.generations.announcements import Announcement, AnnouncementKind
from core.db.generations.showings import Showing
from core.db.workers import now as database_now
from core.domain.backoff import backoff_s
from core.domain.chat.chat_errors import (
    AccessLost,
    ChatAway,
    ChatBusy,
    ChatError,
    ChatUnclear,
    FileRefused,
    PlaceGone,
    UploadFailed,
    wait_least_s,
)
from core.domain.errors import NotStored, StorageAway
from core.domain.generations.generation import Clip
from core.domain.ids import MessageId
from core.ports import Chat, LocalClip
from core.replies.chat.card import Card
from core.replies.generations import show as cards
from core.replies.generations.root import title
from core.replies.languages.say import speaking
from worker.card_view import load_view
from worker.context import Context

log = structlog.get_logger()

AT_ONCE = 10
BACK_OFF_S, BACK_OFF_MOST_S = 2.0, 300.0
POST_S = 60.0
GIVE_UP_AFTER_S = 24 * 3600.0
TITLE_MAX = 80
_MAY_PASS = (ChatAway, ChatBusy, ChatUnclear, UploadFailed, StorageAway)


async def once(ctx: Context) -> None:
    """Let begin and end what is due, and post what is claimed.

    Raises:
        DatabaseAway: what was claimed is posted when its claim ends.
    """
    async with statement(ctx.pool) as conn:
        await showings.release(conn)
    since = time.monotonic()
    async with statement(ctx.pool) as conn:
        videos = await showings.claim(conn, limit=AT_ONCE)
        words = await announcements.claim(conn, limit=AT_ONCE)
        now = await database_now(conn)
    for showing in videos:
        if _is_still_ours(since):
            await (_show(showing, ctx, now=now) if showing.leaving is None else _take_away(showing, ctx))
    for announcement in words:
        if _is_still_ours(since):
            await _announce(announcement, ctx, now=now)


def _is_still_ours(since: float) -> bool:
    """Whether a claim of that moment outlasts a post: a process that has stood still posts nothing."""
    return time.monotonic() - since < showings.LEASE_S - POST_S


async def _show(showing: Showing, ctx: Context, *, now: datetime) -> None:
    chat = ctx.chats.get(showing.platform)
    if chat is None:
        return  # another worker may have this platform; the claim ends by itself
    try:
        view = await load_view(showing.generation_id, ctx)
        generation = view.generation
        if generation.clip is None:
            raise NotStored("there is no clip any more")
        with speaking(generation.place_locale):  # everybody reads it there
            card = cards.shown(
                title=title(generation.request, length=TITLE_MAX),
                prompt=generation.request.prompt,
                user=showing.user,
                subject=str(generation.id),
                is_entry=showing.is_entry,
            )
            linked = replace(card, parts=(*card.parts, *cards.watch(view.link)))
        message = await _posted(showing, chat, ctx, clip=generation.clip, card=card, linked=linked)
    except _MAY_PASS as error:
        await _put_off(showing, ctx, error, age_s=(now - showing.created_at).total_seconds())
        return
    except (ChatError, NotStored) as error:
        if isinstance(error, AccessLost):
            access_log.lost(
                "showing.no_access",
                of=_access(showing),
                call="gallery",
                why=str(error),
                code=error.code,
                needed=error.needed,
            )
        log.warning("showing.gone", generation_id=str(showing.generation_id), why=f"{type(error).__name__} {error}")
        async with transaction(ctx.pool) as conn:
            await showings.put_off(conn, showing, in_s=None)
            if isinstance(error, PlaceGone):
                await note_gallery_lost(conn, platform=showing.platform, installation=showing.installation)
        return
    async with statement(ctx.pool) as conn:
        stands = await showings.shown(conn, showing, place=showing.place, message=message)
    if not stands:
        await chat.delete(showing.place, message)  # it was taken out while it was on its way
    access_log.back(_access(showing), call="gallery")
    log.info("showing.shown", generation_id=str(showing.generation_id), stands=stands)


async def _take_away(showing: Showing, ctx: Context) -> None:
    chat = ctx.chats.get(showing.platform)
    if chat is None or showing.leaving is None:
        return
    try:
        await chat.delete(showing.place, showing.leaving)
    except _MAY_PASS as error:
        await _put_off(showing, ctx, error, age_s=0.0)
        return
    except ChatError as error:
        log.warning("showing.not_taken_away", generation_id=str(showing.generation_id), why=type(error).__name__)
    async with statement(ctx.pool) as conn:
        await showings.put_off(conn, showing, in_s=None)
    log.info("showing.taken_away", generation_id=str(showing.generation_id))


def _access(showing: Showing) -> str:
    """Whose access it is to a gallery."""
    return f"{showing.platform}:{showing.installation}"


async def _put_off(showing: Showing, ctx: Context, error: Exception, *, age_s: float) -> None:
    wait_s: float | None = backoff_s(showing.tries + 1, first_s=BACK_OFF_S, most_s=BACK_OFF_MOST_S)
    if isinstance(error, ChatBusy):
        wait_s = max(wait_s or 0.0, error.retry_after_s)
    if age_s > GIVE_UP_AFTER_S:
        wait_s = None
    async with statement(ctx.pool) as conn:
        await showings.put_off(conn, showing, in_s=wait_s)
    log.info("showing.put_off", generation_id=str(showing.generation_id), why=type(error).__name__, in_s=wait_s)


async def _posted(
    showing: Showing, chat: Chat[Card], ctx: Context, *, clip: Clip, card: Card, linked: Card
) -> MessageId:
    """Post the video, smaller where it has to be, or the card with a link."""
    looks = showing.tries > 1
    path = ctx.workdir / f"show-{showing.generation_id.hex}-{showing.fence}.mp4"
    small = path.with_suffix(".small.mp4")
    try:
        await ctx.storage.fetch(clip.key, to=path)
        local = LocalClip(
            path=path, filename=f"neverdark-{showing.generation_id.hex[:8]}.mp4", size=clip.size,
            width=clip.width, height=clip.height, duration_s=clip.duration_s, alt=card.title,
            is_spoiler=showing.is_spoiler,
        )  # fmt: skip
        try:
            return await _uploaded(showing, chat, local, card, looks=looks)
        except FileRefused as error:
            limit = error.limit or clip.size // 2
        try:
            made = await clips.shrink(path, to=small, size_max=limit)
            smaller = replace(local, path=small, size=made.size, width=made.width, height=made.height)
            return await _uploaded(showing, chat, smaller, card, looks=looks)
        except (CannotShrink, MediaAway, NotAVideo, FileRefused):
            found = await chat.find(showing.place, key=showing.key) if looks else None
            return found or await chat.post(showing.place, linked, key=showing.key)
    finally:
        path.unlink(missing_ok=True)
        small.unlink(missing_ok=True)


async def _uploaded(showing: Showing, chat: Chat[Card], local: LocalClip, card: Card, *, looks: bool) -> MessageId:
    memory: dict[str, str] = {}
    async for known in chat.upload(showing.place, local, card, key=showing.key, memory=memory, look_first=looks):
        memory |= known
    return MessageId(memory["message"])


async def _announce(announcement: Announcement, ctx: Context, *, now: datetime) -> None:
    chat = ctx.chats.get(announcement.platform)
    if chat is None:
        return
    async with connection(ctx.pool) as conn:
        gallery = await showings.gallery(conn, platform=announcement.platform, installation=announcement.installation)
        best = await showings.named(conn, announcement.best)
        contest = await contests.load(conn, announcement.contest_id) if announcement.contest_id is not None else None
    ranking = [cards.Place(prompt=each.prompt, user=each.user, votes=each.votes) for each in best]
    theme = (
        cards.Theme(title=contest.title, must=contest.must, starts_at=contest.starts_at, ends_at=contest.ends_at)
        if contest is not None
        else None
    )
    place = gallery.place if gallery is not None else None
    with speaking(gallery.locale if gallery is not None else None):
        card = _card(announcement.kind, theme, ranking)
    in_s: float | None = None
    is_said = is_lost = False
    if place is not None and card is not None:
        try:
            found = await chat.find(place, key=announcement.key) if announcement.tries > 1 else None
            if found is None:
                await chat.post(place, card, key=announcement.key)
            is_said = True
        except (ChatAway, ChatBusy, ChatUnclear) as error:
            if (now - announcement.created_at).total_seconds() < GIVE_UP_AFTER_S:
                pause_s = backoff_s(announcement.tries + 1, first_s=BACK_OFF_S, most_s=BACK_OFF_MOST_S)
                in_s = max(pause_s, wait_least_s(error))
            log.info("announcement.put_off", announcement=announcement.id, why=type(error).__name__, in_s=in_s)
        except ChatError as error:
            log.warning("announcement.gone", announcement=announcement.id, why=f"{type(error).__name__} {error}")
            is_lost = isinstance(error, PlaceGone)
    async with transaction(ctx.pool) as conn:
        await announcements.announced(conn, announcement, in_s=in_s, is_said=is_said)
        if is_lost:
            await note_gallery_lost(conn, platform=announcement.platform, installation=announcement.installation)


def _card(kind: AnnouncementKind, theme: cards.Theme | None, ranking: list[cards.Place]) -> Card | None:
    if kind is AnnouncementKind.BEST:
        return cards.week(ranking)
    if theme is None:
        return None
    return cards.begins(theme) if kind is AnnouncementKind.CONTEST_BEGINS else cards.ends(theme, ranking)
