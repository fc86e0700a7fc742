"""Tells teams what they want to know, in the channel that they chose: budgets at 80 %, low balances, videos that wait.

Every worker looks now and then. An alert is written down in the transaction that finds it due, and claimed before it is
posted; whoever repeats a post looks for it first.
"""

import asyncio
from typing import assert_never

import structlog

from core.db import alerts
from core.db.alerts import Alert, Kind
from core.db.errors import DatabaseAway, connection, transaction
from core.db.workers import now as database_now
from core.domain.money import BudgetPeriod, BudgetScope
from core.ports import ChatBug, ChatBusy, ChatError, PlaceGone
from core.replies import alerts as cards
from core.replies.card import Card
from worker.context import Context

log = structlog.get_logger()

EVERY_S = 5.0
LEAST_S = 0.5
AT_ONCE = 20
BACK_OFF_S, BACK_OFF_MOST_S = 2.0, 300.0
GIVE_UP_AFTER_S = 24 * 3600.0


async def alert_teams(ctx: Context) -> None:
    """Look every few seconds until cancelled."""
    while True:
        await asyncio.sleep(max(LEAST_S, ctx.scaled(EVERY_S)))
        try:
            await once(ctx)
        except DatabaseAway:
            log.warning("alerts.database_away")


async def once(ctx: Context) -> None:
    """Write down what is due, and say what is written down.

    Raises:
        DatabaseAway
    """
    async with connection(ctx.pool) as conn:
        due = await alerts.teams_due(conn, limit=AT_ONCE)
    for team_id in due:
        async with transaction(ctx.pool) as conn:
            await alerts.note(conn, team_id)
    async with connection(ctx.pool) as conn:
        claimed = await alerts.claim_due(conn, limit=AT_ONCE)
        now = await database_now(conn)
    for alert in claimed:
        if (now - alert.created_at).total_seconds() > GIVE_UP_AFTER_S:
            await _give_up(alert, ctx, why="old")
        else:
            await _say(alert, ctx)


async def _say(alert: Alert, ctx: Context) -> None:
    chat = ctx.chats.get(alert.platform)
    if chat is None:
        return  # another worker may have this platform; the claim ends by itself
    try:
        found = await chat.find(alert.place, key=alert.key) if alert.tries > 1 else None
        message = found or await chat.post(alert.place, card_of(alert, ctx), key=alert.key)
    except (PlaceGone, ChatBug) as error:
        await _give_up(alert, ctx, why=type(error).__name__)
        return
    except ChatError as error:
        wait_s = min(BACK_OFF_MOST_S, BACK_OFF_S * 2.0 ** min(alert.tries, 10))
        if isinstance(error, ChatBusy):
            wait_s = max(wait_s, error.retry_after_s)
        async with transaction(ctx.pool) as conn:
            await alerts.put_off(conn, alert, in_s=wait_s)
        log.info("alert.put_off", alert=alert.id, kind=alert.kind, why=type(error).__name__)
        return
    async with transaction(ctx.pool) as conn:
        await alerts.said(conn, alert, message_id=message)
    log.info("alert.said", alert=alert.id, kind=alert.kind)


async def _give_up(alert: Alert, ctx: Context, *, why: str) -> None:
    async with transaction(ctx.pool) as conn:
        await alerts.give_up(conn, alert)
    log.warning("alert.gone", alert=alert.id, kind=alert.kind, why=why)


def card_of(alert: Alert, ctx: Context) -> Card:
    """What is said."""
    key = str(alert.key)
    match alert.kind:
        case Kind.BUDGET:
            scope, period = alert.scope or BudgetScope.TEAM, alert.period or BudgetPeriod.MONTH
            return cards.budget(scope=scope, period=period, cap=alert.cap, spent=alert.spent or 0, key=key)
        case Kind.LOW_BALANCE:
            return cards.low_balance(balance=alert.balance, mark=alert.cap, topup_url=ctx.topup_url, key=key)
        case Kind.APPROVAL:
            return cards.approval(needed=alert.cap, generation_id=str(alert.generation_id), key=key)
        case _:
            assert_never(alert.kind)
