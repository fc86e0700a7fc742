"""Carries out what follows when a platform refuses a message: try again, another form, another place, or the end.

`core.domain.chat.delivery` decides what follows.
"""

from dataclasses import replace

import structlog

from core.db.errors import statement, transaction
from core.db.generations import deliveries
from core.domain.chat.chat_errors import AccessLost, ChatBusy, ChatError, ChatUnclear, PlaceGone
from core.domain.chat.delivery import (
    Again,
    AsFile,
    AsPlain,
    AsWords,
    Edit,
    Edits,
    End,
    Form,
    Kind,
    Next,
    Rung,
    To,
    Where,
    after,
)
from core.domain.chat.delivery_memory import DeliveryMemory
from core.domain.chat.pacing import ChatCall
from core.domain.ids import Thread
from worker.steps.posting import QUIET_S, SAY_S, Post, give_up, later, no_access, undeliverable

log = structlog.get_logger()


async def refused(post: Post, error: ChatError, *, call: ChatCall, is_last: bool = False, stays: bool = False) -> None:
    """Do what follows the platform's refusal."""
    if isinstance(error, ChatBusy):
        await post.channel().close(call, error, pool=post.ctx.pool)
    if isinstance(error, AccessLost):
        no_access(post, error, call=call)
    rung = _rung(post, is_last=is_last, stays=stays)
    follows = after(rung, error)
    while isinstance(follows, To):
        rung = replace(rung, where=follows.where)
        found = await _redirected(post, rung, error)
        if found is None:
            return
        follows = found
    await _apply(post, follows, error)


def _rung(post: Post, *, is_last: bool, stays: bool) -> Rung:
    generation, delivery = post.view.generation, post.delivery
    places = {Where.FOLLOW_UP}
    if generation.user_id is not None:
        places.add(Where.DIRECT)
    if post.where is Where.THREAD and generation.thread is not None and post.chat.parent(generation.thread) is not None:
        places.add(Where.CHANNEL)
    has_file = delivery.kind is Kind.EXTRA or (delivery.kind is Kind.RESULT and generation.clip is not None)
    return Rung(
        kind=delivery.kind,
        where=post.where,
        form=post.form if has_file else Form.WORDS,
        is_plain=delivery.memory.is_plain,
        places=frozenset(places),
        edits=post.edits if post.is_up else None,
        is_last=is_last,
        stays=stays,
        has_link=post.view.link is not None or delivery.kind is Kind.EXTRA,
        tries=delivery.tries,
        age_s=post.age_s,
    )


async def _redirected(post: Post, rung: Rung, error: ChatError) -> Next | None:
    """Send the generation's messages to the place of this rung.

    None: done. Otherwise what follows because that place cannot be had either.
    """
    try:
        thread = await _place(post, rung.where)
    except ChatError as no:
        if isinstance(no, AccessLost):
            no_access(post, no, call=ChatCall.POST)
        follows = after(replace(rung, edits=None), no)
        # An outage may end, so the same is tried again; any refusal leads to the next place.
        return follows if isinstance(follows, Again | To | End) else after(rung, PlaceGone(str(no)))
    if thread is None:
        return after(rung, PlaceGone(str(error)))
    told = DeliveryMemory(where=rung.where, why=str(error)[:100])
    async with transaction(post.ctx.pool) as conn:
        await deliveries.redirect(conn, post.delivery, thread=thread, told=told)
    log.warning("delivery.redirected", **deliveries.facts(post.delivery), **told.as_json())
    return None


async def _place(post: Post, where: Where) -> Thread | None:
    generation = post.view.generation
    match where:
        case Where.CHANNEL:
            return post.chat.parent(generation.thread) if generation.thread is not None else None
        case Where.FOLLOW_UP:
            return await post.chat.follow_up(generation.place)
        case _:
            if generation.user_id is None:
                return None
            return await post.chat.direct(generation.place, generation.user_id)


async def _apply(post: Post, follows: Next, error: ChatError) -> None:
    memory = post.delivery.memory
    match follows:
        case Again(in_s=in_s, counts=counts):
            late_s = (
                SAY_S + error.look_in_s if isinstance(error, ChatUnclear) and error.look_in_s and post.is_up else 0.0
            )
            await later(post, in_s, why=f"{type(error).__name__} {error}".strip(), counts=counts, late_s=late_s)
        case AsPlain():
            log.error("delivery.card_refused", **deliveries.facts(post.delivery), error=str(error))
            await _change(post, error, replace(memory, is_plain=True))
        case AsFile(size_max=size_max):
            await _change(post, error, replace(memory, form=Form.SMALLER, size_max=size_max))
        case AsWords():
            await _change(post, error, replace(memory, form=Form.WORDS))
        case Edit(edits=edits):
            in_s = QUIET_S if edits is Edits.LAST_ONLY else 0.0
            await _change(post, error, replace(memory, edits=edits), in_s=in_s)
        case End(alarm=True):
            await undeliverable(post, why=f"{type(error).__name__} {error}".strip())
        case _:
            log.warning("delivery.gone", **deliveries.facts(post.delivery), why=f"{type(error).__name__} {error}")
            await give_up(post)


async def _change(post: Post, error: ChatError, memory: DeliveryMemory, *, in_s: float = 0.0) -> None:
    if post.is_repeat:
        memory = replace(memory, looks_first=True)  # a try before the refused one may have got through
    async with statement(post.ctx.pool) as conn:
        await deliveries.change(conn, post.delivery, memory=memory, in_s=in_s)
    before = post.delivery.memory.as_json()
    changed = {key: value for key, value in memory.as_json().items() if before.get(key) != value}
    log.info("delivery.changed", **deliveries.facts(post.delivery), why=f"{type(error).__name__} {error}", **changed)
