"""Tells teams what they want to know, in the channel that they chose: budgets at 80 %, low balances, videos that wait.

Every worker looks now and then. An alert is written down in the transaction that finds it due, and claimed before it is
posted; whoever repeats a post looks for it first.
"""

import time
from dataclasses import replace
from typing import assert_never

import structlog

from core import access_log
from core.db.credits import credit_alerts
from core.db.credits.credit_alerts import QueuedAlert, QueuedAlertKind
from core.db.errors import connection, statement
from core.db.workers import now as database_now
from core.domain.backoff import backoff_s
from core.domain.chat.chat_errors import (
    AccessLost,
    CardRefused,
    ChatAway,
    ChatBusy,
    ChatError,
    ChatUnclear,
    wait_least_s,
)
from core.domain.credits.money import BudgetPeriod, BudgetScope
from core.domain.ids import MessageId
from core.ports import Chat
from core.replies.chat.card import Card, Drawing
from core.replies.credits import alerts as cards
from core.replies.generations.taken_away import alert as reported
from worker.context import Context

log = structlog.get_logger()

EVERY_S = 5.0
LEAST_S = 0.5
AT_ONCE = 20
BACK_OFF_S, BACK_OFF_MOST_S = 2.0, 300.0
POST_S = 35.0
"""A post and a look for it are over by then: by so much the claim has to outlive the moment before."""
GIVE_UP_AFTER_S = 24 * 3600.0


async def once(ctx: Context) -> None:
    """Write down what is due, and say what is written down.

    Raises:
        DatabaseAway: the alerts that were claimed are said when their claims end.
    """
    async with connection(ctx.pool) as conn:
        due = await credit_alerts.teams_due(conn, limit=AT_ONCE)
    for team_id in due:
        async with statement(ctx.pool) as conn:
            await credit_alerts.note(conn, team_id)
    since = time.monotonic()
    async with statement(ctx.pool) as conn:
        claimed = await credit_alerts.claim_due(conn, limit=AT_ONCE)
        now = await database_now(conn)
    for alert in claimed:
        if (now - alert.created_at).total_seconds() > GIVE_UP_AFTER_S:
            await _give_up(alert, ctx, why="old")
        else:
            await _say(alert, ctx, since=since)


async def _say(alert: QueuedAlert, ctx: Context, *, since: float) -> None:
    """Say one.

    Args:
        since: before it was claimed, by this process's clock.
    """
    chat = ctx.chats.get(alert.platform)
    if chat is None:
        return  # another worker may have this platform; the claim ends by itself
    if time.monotonic() - since > credit_alerts.LEASE_S - POST_S:
        log.info("alert.stale", alert=alert.id, kind=alert.kind)
        return  # this process has stood still: somebody else may be about to say it
    try:
        message = await _on_show(chat, alert, await _card(alert, chat, ctx))
    except AccessLost as error:
        access_log.lost(
            "alert.no_access", of=_access(alert), call="alert", why=str(error), alert=alert.id,
            code=error.code, needed=error.needed,
        )  # fmt: skip
        await _give_up(alert, ctx, why=error.code)
        return
    except (ChatAway, ChatBusy, ChatUnclear) as error:
        pause_s = backoff_s(alert.tries + 1, first_s=BACK_OFF_S, most_s=BACK_OFF_MOST_S)
        wait_s = max(pause_s, wait_least_s(error))
        async with statement(ctx.pool) as conn:
            await credit_alerts.put_off(conn, alert, in_s=wait_s)
        log.info("alert.put_off", alert=alert.id, kind=alert.kind, why=type(error).__name__)
        return
    except ChatError as error:
        await _give_up(alert, ctx, why=f"{type(error).__name__} {error}")
        return
    async with statement(ctx.pool) as conn:
        await credit_alerts.said(conn, alert, message_id=message)
    access_log.back(_access(alert), call="alert")
    log.info("alert.said", alert=alert.id, kind=alert.kind)


def _access(alert: QueuedAlert) -> str:
    """Whose access it is to an alerts channel."""
    return f"{alert.platform}:{alert.place}"


async def _on_show(chat: Chat[Card], alert: QueuedAlert, card: Card) -> MessageId:
    """Post it, or edit what stands there already; what an interrupted try has left is looked for."""
    found = alert.message
    if found is None and alert.tries > 1:
        found = await chat.find(alert.place, key=alert.key)
    if found is None:
        return await _post(chat, alert, card)
    if alert.kind is QueuedAlertKind.APPROVAL:  # it may have been decided meanwhile
        await chat.edit(alert.place, found, card, key=alert.key)
    return found


async def _post(chat: Chat[Card], alert: QueuedAlert, card: Card) -> MessageId:
    try:
        return await chat.post(alert.place, card, key=alert.key)
    except CardRefused as error:
        log.error("alert.card_refused", alert=alert.id, kind=alert.kind, error=str(error))
        return await chat.post(alert.place, replace(card, drawing=Drawing.TEXT), key=alert.key)


async def _give_up(alert: QueuedAlert, ctx: Context, *, why: str) -> None:
    async with statement(ctx.pool) as conn:
        await credit_alerts.give_up(conn, alert)
    log.warning("alert.gone", alert=alert.id, kind=alert.kind, why=why)


async def _card(alert: QueuedAlert, chat: Chat[Card], ctx: Context) -> Card:
    if alert.kind is not QueuedAlertKind.APPROVAL or alert.generation_id is None:
        return card_of(alert, ctx)
    async with connection(ctx.pool) as conn:
        waits = await credit_alerts.waiting(conn, alert.generation_id)
    link = await chat.link(waits.thread) if waits is not None and waits.thread is not None else None
    return cards.approval(
        needed=alert.cap, generation_id=str(alert.generation_id), key=str(alert.key), waits=waits, link=link
    )


def card_of(alert: QueuedAlert, ctx: Context) -> Card:
    """The alert that is posted."""
    key = str(alert.key)
    match alert.kind:
        case QueuedAlertKind.BUDGET:
            scope, period = alert.scope or BudgetScope.TEAM, alert.period or BudgetPeriod.MONTH
            return cards.budget(scope=scope, period=period, cap=alert.cap, spent=alert.spent or 0, key=key)
        case QueuedAlertKind.LOW_BALANCE:
            return cards.low_balance(balance=alert.balance, mark=alert.cap, topup_url=ctx.topup_url, key=key)
        case QueuedAlertKind.APPROVAL:
            return cards.approval(needed=alert.cap, generation_id=str(alert.generation_id), key=key)
        case QueuedAlertKind.UNDELIVERED:
            return cards.undelivered(paid=alert.cap, generation_id=str(alert.generation_id), key=key)
        case QueuedAlertKind.PERMISSIONS:
            return cards.permissions(detail=alert.detail or "more permissions", key=key)
        case QueuedAlertKind.GALLERY:
            return cards.gallery_lost(key=key)
        case QueuedAlertKind.REPORTED:
            return reported(str(alert.generation_id))
        case _:
            assert_never(alert.kind)
