"""A shop's word is money: believed when it is signed, counted once for each of its keys."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from standardwebhooks import Webhook

from core.db.credits import ledger
from tests.web.conftest import House, client
from web.checks import signed_with

SECRET = "whsec_c2hvcC1zZWNyZXQtc2hvcC1zZWNyZXQtMTIzNDU2"
SALE = {"key": "order-1", "team": {"platform": "test", "installation": "T1"}, "credits": 500}


@pytest_asyncio.fixture
async def shop(house: House) -> AsyncIterator[httpx.AsyncClient]:
    await house.generation()
    async with client(house.app(shop=signed_with(SECRET, named="TOPUP_SECRET"))) as http:
        yield http


async def sell(shop: httpx.AsyncClient, sale: object, *, ago_s: float = 0, secret: str = SECRET) -> httpx.Response:
    body = sale if isinstance(sale, str) else json.dumps(sale)
    at = datetime.now(UTC) - timedelta(seconds=ago_s)
    headers = {
        "webhook-id": "m1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign("m1", at, body),
    }
    return await shop.post("/api/grants", content=body, headers=headers)


async def balance(house: House) -> int:
    async with house.pool.acquire() as conn:
        return (await ledger.balance(conn, team_id=house.team)).balance


async def test_a_sale_is_granted_once_for_its_key(house: House, shop: httpx.AsyncClient) -> None:
    before = await balance(house)
    first = await sell(shop, SALE)
    assert (first.status_code, first.json()) == (200, {"status": "ok", "balance": before + 500})
    again = await sell(shop, SALE)
    assert (again.status_code, again.json()) == (200, {"status": "replayed", "balance": before + 500})
    assert await balance(house) == before + 500


async def test_the_same_key_for_another_sale_is_a_conflict(house: House, shop: httpx.AsyncClient) -> None:
    await sell(shop, SALE)
    before = await balance(house)
    answer = await sell(shop, SALE | {"credits": 501})
    assert (answer.status_code, answer.json()["error"]) == (409, "key_conflict")
    assert await balance(house) == before


async def test_a_team_has_a_number_too(house: House, shop: httpx.AsyncClient) -> None:
    assert (await sell(shop, SALE | {"team": house.team, "note": "Thank you"})).json()["status"] == "ok"


@pytest.mark.parametrize("team", [2**62, {"platform": "test", "installation": "T404"}])
async def test_an_unknown_team_is_said_to_be_one(shop: httpx.AsyncClient, team: object) -> None:
    answer = await sell(shop, SALE | {"team": team})
    assert (answer.status_code, answer.json()["error"]) == (404, "unknown_team")


async def test_credits_that_have_lapsed_already_are_not_sold(shop: httpx.AsyncClient) -> None:
    assert (await sell(shop, SALE | {"expires_at": "2020-01-01T00:00:00Z"})).status_code == 422
    assert (await sell(shop, SALE | {"expires_at": "2099-01-01T00:00:00+02:00"})).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"credits": 0}, {"credits": -5}, {"credits": "500"}, {"credits": 1.5}, {"credits": True}, {"credits": 10**30},
        {"key": ""}, {"key": "x" * 201}, {"key": "a\u0000b"}, {"team": 0}, {"team": None}, {"expires_at": "soon"},
        {"expires_at": "2099-01-01T00:00:00"}, {"amount": 5},
    ],
)  # fmt: skip
async def test_a_malformed_sale_is_refused_with_its_reason(
    house: House, shop: httpx.AsyncClient, change: dict[str, Any]
) -> None:
    before = await balance(house)
    answer = await sell(shop, SALE | change)
    assert (answer.status_code, answer.json()["error"]) == (400, "bad_request")
    assert next(iter(change)) in answer.json()["message"]
    assert await balance(house) == before


@pytest.mark.parametrize("body", ["", "[]", "null", "{", '{"key":1}'])
async def test_a_body_that_is_no_sale_is_refused(shop: httpx.AsyncClient, body: str) -> None:
    assert (await sell(shop, body)).status_code == 400


async def test_only_the_shop_is_believed_and_only_now(house: House, shop: httpx.AsyncClient) -> None:
    before = await balance(house)
    answers = [
        await sell(shop, SALE, ago_s=310),
        await sell(shop, SALE, ago_s=-310),
        await sell(shop, SALE, secret="whsec_b3RoZXItc2VjcmV0LW90aGVyLXNlY3JldC0xMjM0"),
        await shop.post("/api/grants", json=SALE),
    ]
    assert [answer.status_code for answer in answers] == [401] * 4
    assert await balance(house) == before


async def test_without_a_shop_nothing_is_sold(http: httpx.AsyncClient) -> None:
    assert (await http.post("/api/grants", json=SALE)).status_code == 404
