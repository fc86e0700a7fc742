"""What everybody may know: how the providers do, in three forms, with incidents that write themselves."""

from collections.abc import AsyncIterator
from xml.etree import ElementTree as ET

import httpx
import pytest
import pytest_asyncio

from core.db.errors import transaction
from core.db.health import incidents, route_health
from core.db.workers import seen
from core.domain.health.config import HealthConfig
from core.domain.ids import RouteKey
from core.usecases.health.availability import Watched
from tests.web.conftest import ROUTE, SEEDANCE, House, client
from web.sheets import tag, text

CONFIG = HealthConfig()
OTHER = RouteKey("seedance.ark2")


@pytest_asyncio.fixture
async def http(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with transaction(house.pool) as conn:
        await route_health.ensure(conn, {ROUTE: 20, OTHER: 20}, config=CONFIG)
        await seen(conn, worker="worker:a", host="a", release="test")
    async with client(house.app(watched=Watched(by_provider={SEEDANCE: (ROUTE, OTHER)}))) as http:
        yield http


async def hold(house: House, *routes: RouteKey) -> None:
    async with transaction(house.pool) as conn:
        for route in routes:
            await route_health.hold(conn, route, why="their page is red", until=None, config=CONFIG, actor="operator")


async def test_the_page_says_that_all_is_well_and_shows_ninety_days(http: httpx.AsyncClient) -> None:
    page = await http.get("/status")
    assert page.status_code == 200
    assert "Everything works" in page.text
    assert page.text.count("<li ") == 90
    assert "None in 90 days" in page.text
    assert "script" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    front = await http.get("/")
    assert "/status" in front.text


async def test_success_and_speed_come_from_what_was_counted(house: House, http: httpx.AsyncClient) -> None:
    for kind, count, seconds in (("ok", 97, 9700.0), ("transient_server", 3, 0.0), ("content_policy", 50, 0.0)):
        await house.pool.execute(
            "INSERT INTO provider_health_buckets VALUES ($1, date_trunc('minute', nd_now()), $2, $3, $4)",
            ROUTE, kind, count, seconds,
        )  # fmt: skip
    told = (await http.get("/status.json")).json()
    (provider,) = told["providers"]
    assert (provider["success_30_days"], provider["seconds_a_video"]) == (0.97, 100.0)
    assert provider["days"][-1]["tone"] == "some"
    assert len(provider["days"]) == 90


async def test_an_incident_begins_and_ends_by_itself(house: House, http: httpx.AsyncClient) -> None:
    await hold(house, ROUTE, OTHER)
    told = (await http.get("/status.json")).json()
    assert (told["status"], told["says"]) == ("out_of_use", "No provider works at the moment")
    (incident,) = told["incidents"]
    assert (incident["title"].endswith("is out of use"), incident["ended_at"]) == (True, None)
    for number, route in enumerate((ROUTE, OTHER)):
        await house.pool.execute(
            "INSERT INTO provider_health_events "
            "(route, at, from_state, to_state, reason, score, epoch, actor, evidence) "
            "VALUES ($1, nd_now(), 'probing', 'healthy', 'probes', 0, 900, 'timer', '{}')",
            route,
        )
        (seen_now,) = await listed(house)
        assert (seen_now.ended_at is None) is (number == 0), "it is over with the last of its routes"
    await hold(house, ROUTE)
    assert len(await listed(house)) == 1, "what comes back within minutes was not over"


async def listed(house: House) -> list[incidents.Incident]:
    async with house.pool.acquire() as conn:
        return await incidents.incidents(conn)


async def test_an_operators_words_stand_in_all_three_forms_and_hide_nothing_else(
    house: House, http: httpx.AsyncClient
) -> None:
    await hold(house, ROUTE)
    (one,) = await listed(house)
    async with transaction(house.pool) as conn:
        await incidents.edit(
            conn, one.id, title="A <region> is away", words="They work on it & so do we", hidden=False, actor="operator"
        )
    page, told = (await http.get("/status")).text, (await http.get("/status.json")).json()
    assert "A &lt;region&gt; is away" in page
    assert told["incidents"][0]["title"] == "A <region> is away"
    feed = ET.fromstring((await http.get("/status.rss")).text)  # noqa: S314 - our own
    assert [each.text for each in feed.iter("title")][1:] == ["A <region> is away"]
    assert "so do we" in (feed.findtext("channel/item/description") or "")


async def test_a_hidden_incident_is_for_operators(house: House, http: httpx.AsyncClient) -> None:
    await hold(house, ROUTE)
    (one,) = await listed(house)
    async with transaction(house.pool) as conn:
        await incidents.edit(conn, one.id, title="", words="", hidden=True, actor="operator")
    assert (await http.get("/status.json")).json()["incidents"] == []


async def test_without_a_worker_the_page_does_not_say_that_all_is_well(house: House, http: httpx.AsyncClient) -> None:
    await house.pool.execute("UPDATE workers SET seen_at = '-infinity'")
    assert "Videos are not made at the moment" in (await http.get("/status")).text


@pytest.mark.parametrize("value", ["<b>", '"><script>', "a & b"])
def test_a_value_is_never_markup(value: str) -> None:
    made = tag("p", value, title=value)
    read = ET.fromstring(made)  # noqa: S314 - our own
    assert (read.text, read.get("title")) == (value, value)
    assert text(made) == made
