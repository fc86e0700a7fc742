"""The operators' console: who gets in, what a form may do, and that each page shows what is there."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from core.db.errors import transaction
from core.db.health import incidents, route_health
from core.domain.health.config import HealthConfig
from core.usecases.health.availability import Watched
from tests.web.conftest import BASE, ROUTE, SEEDANCE, House, client
from web import sheets
from web.operators import FAILS_MAX, Operators

TOKEN = "a token of sixteen"
PAGES = (
    "",
    "/generations",
    "/generations?state=rendering&team=1",
    "/teams",
    "/spend",
    "/providers",
    "/messages",
    "/incidents",
)


@pytest_asyncio.fixture
async def http(house: House) -> AsyncIterator[httpx.AsyncClient]:
    operators = Operators(
        secret=TOKEN,
        token=TOKEN,
        pool=house.pool,
        watched=Watched(by_provider={SEEDANCE: (ROUTE,)}),
        is_https=True,
    )
    async with transaction(house.pool) as conn:
        await route_health.ensure(conn, {ROUTE: 20}, config=HealthConfig())
    async with client(house.app(operators=operators)) as http:
        http.base_url = httpx.URL(BASE.replace("http:", "https:"))
        yield http


def test_each_cell_of_a_table_names_its_column_for_phones() -> None:
    shown = str(sheets.table(("id", "state <b>"), [("aac8eebc", "queued"), ("5fc3a6b5", None)], numbers=(1,)))
    assert shown.count('data-of="id"') == 2
    assert shown.count('data-of="state &lt;b&gt;"') == 2
    assert "attr(data-of)" in sheets.sheet("a page", "")


async def enter(http: httpx.AsyncClient) -> str:
    """Log in; the word that forms send back."""
    came = await http.post("/operator/login", data={"token": TOKEN})
    assert came.status_code == 303
    page = (await http.get("/operator")).text
    return page.split('name="word" value="')[1].split('"')[0]


async def test_a_stranger_sees_the_door_and_nothing_else(http: httpx.AsyncClient) -> None:
    for page in PAGES:
        seen = await http.get(f"/operator{page}")
        assert (seen.status_code, "OPERATOR_TOKEN" in seen.text) == (401, True)
        assert "workers alive" not in seen.text
    assert (await http.post("/operator/hold", data={"route": ROUTE})).status_code == 401


async def test_the_cookie_is_for_this_site_alone_and_for_no_script(http: httpx.AsyncClient) -> None:
    came = await http.post("/operator/login", data={"token": TOKEN})
    told = came.headers["set-cookie"].lower()
    assert all(word in told for word in ("httponly", "samesite=strict", "secure", "path=/operator"))
    assert TOKEN not in told
    name, _, rest = http.cookies["neverdark_operator"].partition(".")
    ends, _, signature = rest.partition(".")
    for forged in (f"{name}.{int(ends) + 999}.{signature}", f"x.{ends}.{signature}", "", "..", f"{name}.{ends}."):
        http.cookies.set("neverdark_operator", forged, domain="video.test", path="/operator")
        http.cookies = httpx.Cookies({"neverdark_operator": forged})
        assert (await http.get("/operator")).status_code == 401


async def test_whoever_guesses_is_stopped(http: httpx.AsyncClient, monkeypatch: Any) -> None:
    async def at_once(_: float) -> None:
        return None

    monkeypatch.setattr("web.operators.asyncio.sleep", at_once)
    for _ in range(FAILS_MAX):
        assert (await http.post("/operator/login", data={"token": "guess"})).status_code == 401
    assert (await http.post("/operator/login", data={"token": TOKEN})).status_code == 401


@pytest.mark.parametrize("page", PAGES)
async def test_every_page_shows_what_is_there(house: House, http: httpx.AsyncClient, page: str) -> None:
    await house.generation()
    await enter(http)
    seen = await http.get(f"/operator{page}")
    assert seen.status_code == 200
    assert seen.headers["cache-control"] == "no-store"
    assert "<script" not in seen.text


async def test_a_generations_page_names_everything_but_what_was_written(house: House, http: httpx.AsyncClient) -> None:
    made = (await house.attempt()).generation_id
    await enter(http)
    page = (await http.get(f"/operator/generations/{made}")).text
    assert str(made) in page
    assert ROUTE in page
    prompt = await house.pool.fetchval("SELECT request ->> 'prompt' FROM generations WHERE id = $1", made)
    assert prompt not in page
    assert (await http.get("/operator/generations/00000000-0000-0000-0000-000000000000")).status_code == 404


async def test_a_form_of_another_site_does_nothing(http: httpx.AsyncClient) -> None:
    await enter(http)
    for word in ("", "f" * 64):
        done = await http.post("/operator/hold", data={"route": ROUTE, "word": word})
        assert done.status_code == 403
    assert "their page is red" not in (await http.get("/operator/providers")).text


async def test_a_route_is_held_and_released(http: httpx.AsyncClient) -> None:
    word = await enter(http)
    held = await http.post("/operator/hold", data={"route": ROUTE, "why": "their page is red", "word": word})
    assert held.headers["location"] == "/operator/providers?said=held"
    seen = (await http.get("/operator/providers?said=held")).text
    assert "their page is red" in seen
    assert "Held: no generation tries it" in seen
    await http.post("/operator/release", data={"route": ROUTE, "word": word})
    assert "probing" in (await http.get("/operator/providers")).text
    unknown = await http.post("/operator/hold", data={"route": "no.such", "word": word})
    assert unknown.status_code == 404


async def test_a_dead_message_is_tried_again(house: House, http: httpx.AsyncClient) -> None:
    made = await house.generation()
    await house.pool.execute(
        "UPDATE generations SET state = 'done', outcome = 'succeeded', settled = 1, done_at = nd_now(), wake_at = NULL "
        "WHERE id = $1",
        made,
    )
    await house.pool.execute(
        "INSERT INTO deliveries (generation_id, kind, key, state) VALUES ($1, 'result', gen_random_uuid(), 'gone')",
        made,
    )
    word = await enter(http)
    assert str(made)[:8] in (await http.get("/operator/messages")).text
    done = await http.post("/operator/retry", data={"id": str(made), "word": word})
    assert done.headers["location"].endswith("said=retried")
    state = await house.pool.fetchval("SELECT state FROM deliveries WHERE generation_id = $1 AND kind = 'result'", made)
    assert state == "due"


async def test_an_incident_gets_better_words(house: House, http: httpx.AsyncClient) -> None:
    word = await enter(http)
    await http.post("/operator/hold", data={"route": ROUTE, "why": "x", "word": word})
    async with house.pool.acquire() as conn:
        (one,) = await incidents.incidents(conn)
    sent = {"id": str(one.id), "title": "Their region is away", "words": "<b>soon</b>", "hidden": "yes", "word": word}
    await http.post("/operator/incidents/edit", data=sent)
    page = (await http.get("/operator/incidents")).text
    assert "Their region is away" in page
    assert "&lt;b&gt;soon" in page
    assert (await http.post("/operator/incidents/edit", data={**sent, "id": "999"})).status_code == 404


async def test_whoever_leaves_is_out(http: httpx.AsyncClient) -> None:
    word = await enter(http)
    await http.post("/operator/logout", data={"word": word})
    assert (await http.get("/operator")).status_code == 401


async def test_without_a_token_there_is_no_console(house: House) -> None:
    async with client(house.app()) as http:
        assert (await http.get("/operator")).status_code == 404
