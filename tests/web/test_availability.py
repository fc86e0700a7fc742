"""How a provider does is one word for everybody: the status page, its JSON and feed, incidents, metrics, the chat."""

import json
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from importlib import import_module
from itertools import product
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import pytest_asyncio
from jsonschema import Draft202012Validator
from prometheus_client.parser import text_string_to_metric_families

from core.db.errors import transaction
from core.db.health import incidents, route_health, route_health_rows
from core.db.workers import seen
from core.domain.health.config import HealthConfig
from core.domain.health.provider_status import Availability, ProviderStatus, RouteStatus
from core.domain.health.route_health import HealthState, Reason
from core.domain.health.transitions import moved
from core.domain.ids import RouteKey
from core.replies.chat.card import plain
from core.replies.health.providers import providers
from core.usecases.health.availability import Watched, in_use, told_incidents
from tests.web.conftest import ROUTE, SEEDANCE, House, client

ROOT = Path(__file__).resolve().parents[2]
CONFIG = HealthConfig()
OTHER = RouteKey("seedance.ark2")
NEXT = RouteKey("seedance.ark-next")
WATCHED = Watched(by_provider={SEEDANCE: (ROUTE, OTHER)}, health=CONFIG)
H, D, P, X = HealthState.HEALTHY, HealthState.DEMOTED, HealthState.PROBING, HealthState.HELD
WORKING, PARTLY, ASIDE, OUT = Availability
EXPECTED = {
    (H, H): WORKING, (H, D): PARTLY, (H, P): PARTLY, (H, X): PARTLY,
    (D, H): PARTLY, (D, D): ASIDE, (D, P): ASIDE, (D, X): ASIDE,
    (P, H): PARTLY, (P, D): ASIDE, (P, P): ASIDE, (P, X): ASIDE,
    (X, H): PARTLY, (X, D): ASIDE, (X, P): ASIDE, (X, X): OUT,
}  # fmt: skip
"""By the states of both routes of a provider, how it does."""


@pytest_asyncio.fixture(autouse=True)
async def known(house: House) -> AsyncIterator[None]:
    async with transaction(house.pool) as conn:
        await route_health.ensure(conn, {ROUTE: 20, OTHER: 20, NEXT: 20}, config=CONFIG)
        await seen(conn, worker="worker:a", host="a", release="test")
    yield


async def move(
    house: House, route: RouteKey, to: HealthState, *, reason: Reason = Reason.RUN, until: datetime | None = None
) -> None:
    """What the health machine writes when it moves a route."""
    async with transaction(house.pool) as conn:
        row = await route_health.lock(conn, route, config=CONFIG)
        now = await conn.fetchval("SELECT clock_timestamp()")
        stepped = moved(row, to, reason, now, CONFIG, words={"text": "a test"}, until=until)
        await route_health_rows.write(conn, stepped.row)
        await route_health.record_transitions(conn, stepped.transitions, actor="test")


async def words(house: House) -> dict[str, str]:
    """By who says it, the word for the provider."""
    async with client(house.app(watched=WATCHED)) as http:
        page, feed = (await http.get("/status")).text, (await http.get("/status.rss")).text
        told, metrics = (await http.get("/status.json")).json(), (await http.get("/metrics")).text
    async with house.pool.acquire() as conn:
        used = await in_use(conn, WATCHED)
        shown = ProviderStatus(
            provider=SEEDANCE, label="Seedance 1.5", routes=tuple(RouteStatus(row=row) for row in used.routes[SEEDANCE])
        )
        now = await conn.fetchval("SELECT nd_now()")
    chat = plain(providers([shown], chains={}, now=now, health=CONFIG))
    samples = [each for family in text_string_to_metric_families(metrics) for each in family.samples]
    found = {
        "page": re.findall(r'<span class="state \w+">([a-z ]+)</span>', page)[0],
        "json": told["providers"][0]["status"],
        "the whole": told["status"],
        "chat": re.findall(r"^Seedance 1.5 ([a-z ]+) ·", chat, re.MULTILINE)[0],
    }
    (found["metrics"],) = (
        each.labels["status"] for each in samples if each.name == "neverdark_provider_status" and each.value
    )
    if (going_on := [each for each in told["incidents"] if each["ended_at"] is None]) or found["json"] != WORKING:
        (incident,) = going_on
        found["incident"] = incident["status"]
        found["title"] = incident["title"].removeprefix("Seedance 1.5 is ")
        titles = [item.findtext("title") or "" for item in ET.fromstring(feed).iter("item")]  # noqa: S314 - our own
        found["feed"] = titles[0].removeprefix("Seedance 1.5 is ")
        found["card"] = re.findall(r"<h3>Seedance 1.5 is ([a-z ]+)</h3>", page)[0]
    return {name: word.replace("_", " ") for name, word in found.items()}


async def test_everybody_says_the_same_after_each_transition(house: House) -> None:
    now = {ROUTE: H, OTHER: H}
    assert set((await words(house)).values()) == {"working"}
    for wanted in product((X, D, P, H), repeat=2):
        for route, state in zip((OTHER, ROUTE), wanted, strict=True):
            if now[route] is state:
                continue
            await move(house, route, state)
            now[route] = state
            expected = EXPECTED[now[ROUTE], now[OTHER]].replace("_", " ")
            told = await words(house)
            assert set(told.values()) == {expected}, (now, told)
    assert now == {ROUTE: H, OTHER: H}


WORST: list[tuple[Sequence[tuple[RouteKey, HealthState]], Availability]] = [
    ([(ROUTE, D), (ROUTE, P), (ROUTE, H)], PARTLY),
    ([(ROUTE, X), (ROUTE, P), (ROUTE, H)], PARTLY),
    ([(ROUTE, X), (OTHER, D), (ROUTE, P), (ROUTE, H), (OTHER, H)], ASIDE),
    ([(ROUTE, X), (OTHER, X), (OTHER, P), (OTHER, H), (ROUTE, P), (ROUTE, D), (ROUTE, H)], OUT),
    ([(ROUTE, D), (OTHER, D), (ROUTE, H), (ROUTE, X), (OTHER, H), (ROUTE, H)], ASIDE),
    ([(ROUTE, X), (ROUTE, H), (OTHER, X), (OTHER, H)], PARTLY),
]
"""Transitions from healthy to healthy, and how the provider did at the worst of them."""


@pytest.mark.parametrize(("moves", "worst"), WORST)
async def test_an_incident_that_is_over_is_called_by_its_worst(
    house: House, moves: Sequence[tuple[RouteKey, HealthState]], worst: Availability
) -> None:
    for route, state in moves:
        await move(house, route, state)
    async with client(house.app(watched=WATCHED)) as http:
        told = (await http.get("/status.json")).json()
    assert told["status"] == WORKING
    (incident,) = told["incidents"]
    assert (incident["status"], incident["title"]) == (worst, f"Seedance 1.5 was {worst.replace('_', ' ')}")
    assert incident["ended_at"] is not None


async def _told(house: House, watched: Watched) -> list[tuple[Availability, bool]]:
    async with house.pool.acquire() as conn:
        used = await in_use(conn, watched)
        return [(each.availability, each.incident.ended_at is not None) for each in await told_incidents(conn, used)]


async def test_what_a_timer_brought_back_is_over_before_anybody_has_written_it_down(house: House) -> None:
    async with house.pool.acquire() as conn:
        long_ago = await conn.fetchval("SELECT nd_now()") - timedelta(seconds=CONFIG.probe_idle_s + 600)
    await move(house, ROUTE, X, until=long_ago)
    async with house.pool.acquire() as conn:
        (one,) = await incidents.incidents(conn)
    assert one.ended_at is None
    assert await _told(house, WATCHED) == [(PARTLY, True)]
    assert set((await words(house)).values()) == {"working"}


async def test_a_route_that_takes_over_from_a_model_that_is_gone_belongs_to_its_provider(house: House) -> None:
    watched = replace(WATCHED, by_provider={SEEDANCE: (ROUTE,)}, successors={ROUTE: NEXT})
    await move(house, ROUTE, X)
    assert await _told(house, watched) == [(OUT, False)], "another reason than the model's end"
    await move(house, ROUTE, H)
    await move(house, ROUTE, X, reason=Reason.MODEL_GONE)
    assert await _told(house, watched) == [(PARTLY, False)]


async def test_an_incident_of_a_route_that_is_not_configured_any_more_does_not_go_on(house: House) -> None:
    await move(house, ROUTE, X)
    assert await _told(house, replace(WATCHED, by_provider={SEEDANCE: (OTHER,)})) == [(OUT, True)]
    assert await _told(house, replace(WATCHED, by_provider={})) == []


async def test_strangers_read_the_feed_and_the_json(house: House) -> None:
    await move(house, ROUTE, X)
    await move(house, ROUTE, H)
    async with transaction(house.pool) as conn:
        (one,) = await incidents.incidents(conn)
        await incidents.edit(
            conn,
            one.id,
            title="A <region> & more",
            words="<soon>\x0b,\nthey said – 50 %",
            hidden=False,
            actor="operator",
        )
        await conn.execute(
            "UPDATE incidents SET (began_at, ended_at) = (began_at - interval '1 day', ended_at - interval '1 day')"
        )
    await move(house, OTHER, X)
    async with client(house.app(watched=WATCHED)) as http:
        answer, told = await http.get("/status.rss"), (await http.get("/status.json")).json()
    feed = import_module("feedparser").parse(answer.content, response_headers=dict(answer.headers))
    assert (feed.bozo, feed.version, feed.feed.language) == (False, "rss20", "en")
    assert [(each.rel, each.href) for each in feed.feed.links] == [
        ("alternate", "http://video.test/status"), ("self", "http://video.test/status.rss"),
    ]  # fmt: skip
    going_on, over = feed.entries
    assert (going_on.title, over.title) == ("Seedance 1.5 is partly working", "A <region> & more")
    assert over.summary.endswith("&lt;soon&gt;,<br />they said – 50 %")
    assert going_on.id != over.id
    assert going_on.published_parsed > over.published_parsed
    assert going_on.link.endswith(f"/status#incident-{told['incidents'][0]['id']}")
    schema = json.loads((ROOT / "docs" / "status.schema.json").read_text())
    checked = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    Draft202012Validator.check_schema(schema)
    assert list(checked.iter_errors(told)) == []
    for wrong in ({**told, "status": "good"}, {**told, "more": 1}, {**told, "incidents": [{"id": 1}]}):
        assert list(checked.iter_errors(wrong)) != []
