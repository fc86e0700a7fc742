"""What lies over a route's state whatever that is: cooldowns after 429s, its slots, and the pace of tries in panic.

None of it is evidence against the route.
"""

from dataclasses import replace
from datetime import datetime

from core.domain.backoff import backoff_s
from core.domain.health.config import HealthConfig
from core.domain.health.route_health import RouteHealth, later, seconds_since


def with_cooldown(
    row: RouteHealth, now: datetime, config: HealthConfig, *, retry_after_s: float | None, concurrency: bool
) -> RouteHealth:
    """The row after a 429: nothing is submitted for a while, and longer if it comes again soon after the last one."""
    k = row.cooldown_k
    if not row.is_cooling(now):
        again = row.cooldown_until is not None and seconds_since(row.cooldown_until, now) < config.cooldown_again_s
        k = k + 1 if again else 0
    own_s = backoff_s(k + 1, first_s=config.cooldown_base_s, most_s=config.cooldown_cap_s)
    wait_s = min(config.cooldown_cap_s, max(retry_after_s or own_s, own_s))
    until = later(now, wait_s)
    if row.cooldown_until is not None:
        until = max(until, row.cooldown_until)
    row = replace(row, cooldown_until=until, cooldown_k=k)
    if concurrency:
        row = replace(row, slots=max(1, int(config.slot_shrink * row.slots)), slots_ok=0)
    return row


def after_success(row: RouteHealth, config: HealthConfig) -> RouteHealth:
    """The row with its slots grown by one for every so many successes, up to the configured number."""
    if row.slots >= row.slots_max:
        return row
    if row.slots_ok + 1 < config.slot_grow_every:
        return replace(row, slots_ok=row.slots_ok + 1)
    return replace(row, slots=row.slots + 1, slots_ok=0)


def panic_ready_at(row: RouteHealth, config: HealthConfig) -> datetime:
    """When the route takes its next try in panic: one each few seconds, and some at once after a pause.

    The pace spares a route that fails. One that is only slow has none: where nobody faster stands beside it, its pace
    would be everybody's.
    """
    if row.panic_due is None or row.is_only_slow:
        return row.since
    return later(row.panic_due, -config.panic_every_s * (config.panic_burst - 1))


def with_panic(row: RouteHealth, now: datetime, config: HealthConfig) -> RouteHealth:
    """The row after one try in panic."""
    if row.is_only_slow:
        return row
    due = now if row.panic_due is None else max(now, row.panic_due)
    return replace(row, panic_due=later(due, config.panic_every_s))
