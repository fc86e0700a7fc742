"""The metrics of each process's own work, for Prometheus. `web/metrics.py` has those that come from the database.

Labels are few and from short lists of ours: a route, a tier, a name from the code; never a person, a team or a text.
"""

import asyncio
import math
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version

from prometheus_client import Counter, Gauge, Histogram

_QUICK_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Buckets in seconds for work of one round trip or a few."""
_LONG_S = (1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 240.0, 300.0, 450.0, 600.0, 900.0, 1800.0)
"""Buckets in seconds for work that people wait for."""
_LAG_S = (0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
LAG_EVERY_S = 1.0

BUILD = Gauge(
    "neverdark_build_info", "Always 1: which process of which release this is.", ("process", "release", "python")
)
READY = Gauge("neverdark_ready", "Whether the process can do its work: 1 or 0, as /readyz says.")
LOOP_LAG = Histogram(
    "neverdark_event_loop_lag_seconds", "How late the event loop comes back to what is due.", buckets=_LAG_S
)
UP = Gauge("neverdark_server_up", "Whether a server behind us answers, as this process met it last.", ("server",))
OUTAGES = Counter("neverdark_outages", "How often a server behind us went away.", ("server",))
WORKERS = Gauge(
    "neverdark_workers_alive",
    "Workers that were heard in the last ten seconds; NaN while the database is away. Without one nothing is made.",
)
WORKERS.set(math.nan)
POOL = Gauge("neverdark_pool_connections", "Connections to Postgres that this process has.", ("state",))

EVENTS = Counter(
    "neverdark_log_events", "Warnings and errors in the log; docs/operations.md has each.", ("level", "event")
)
COMMANDS = Counter("neverdark_commands", "What people asked of a bot, by how it was answered.", ("what", "answer"))
COMMAND_S = Histogram(
    "neverdark_command_seconds", "From a command to the answer that it gets.", ("what",), buckets=_QUICK_S
)

STEPS = Counter("neverdark_steps", "Steps of a worker, by how they ended.", ("step", "outcome"))
STEP_S = Histogram("neverdark_step_seconds", "How long a step of a worker takes.", ("step",), buckets=_QUICK_S)
VENDOR_CALLS = Counter(
    "neverdark_vendor_calls", "Requests to vendors, by how they ended.", ("route", "call", "outcome")
)
VENDOR_CALL_S = Histogram(
    "neverdark_vendor_call_seconds", "How long a vendor takes to answer.", ("route", "call"), buckets=_QUICK_S
)
TO_VENDOR_S = Histogram(
    "neverdark_accepted_to_asked_seconds",
    "From a person's command to the first vendor's yes.",
    ("tier",),
    buckets=_LONG_S,
)
RENDER_S = Histogram("neverdark_render_seconds", "From a vendor's yes to its video.", ("route",), buckets=_LONG_S)
TO_THREAD_S = Histogram(
    "neverdark_fetched_to_thread_seconds",
    "From a video in our storage to its message.",
    ("platform",),
    buckets=_QUICK_S,
)
GENERATIONS = Counter("neverdark_generations_ended", "Generations that ended.", ("tier", "provider", "outcome"))
GENERATION_S = Histogram(
    "neverdark_generation_seconds", "From a person's command to the last word.", ("tier", "outcome"), buckets=_LONG_S
)
CREDITS = Counter("neverdark_credits_moved", "Credits that were consumed, settled, refunded or bought.", ("how",))
SPENT = Counter("neverdark_spent_usd", "What vendors billed, or list, for videos, in US dollars.", ("route",))
DELIVERIES = Counter("neverdark_deliveries", "Tries to post a message, by outcome.", ("platform", "kind", "outcome"))
CHAT_WAITS = Counter(
    "neverdark_chat_budget_waits", "Messages that waited for their turn at a platform's limit.", ("platform",)
)


def born(process: str) -> None:
    """Set the name of this process."""
    BUILD.labels(process, version("neverdark"), platform.python_version()).set(1)


def since_s(then: datetime) -> float:
    """Seconds since a time, by this machine's clock."""
    return max(0.0, (datetime.now(UTC) - then).total_seconds())


@contextmanager
def timed(histogram: Histogram, *labels: str) -> Iterator[None]:
    """Observe the duration of a block, whether it succeeds or raises."""
    began = time.perf_counter()
    try:
        yield
    finally:
        histogram.labels(*labels).observe(time.perf_counter() - began)


async def watch_loop() -> None:
    """Measure the delay of the event loop, until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + LAG_EVERY_S
        await asyncio.sleep(LAG_EVERY_S)
        LOOP_LAG.observe(max(0.0, loop.time() - due))
