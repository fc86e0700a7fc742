"""Callbacks make us ask, once and at once, and change nothing else whoever sends what."""

import json
from typing import Any

import asyncpg
import httpx
import pytest
from standardwebhooks import Webhook

from core.db.generations import attempts
from core.domain.errors import ErrorClass, provider_error
from core.domain.generations.generation import AttemptState
from tests.web.conftest import ROUTE, House, client
from web.checks import signed_with

DONE = {"id": "task-1", "status": "succeeded"}


async def test_a_callback_makes_the_poll_due_and_hints_the_worker(house: House, http: httpx.AsyncClient) -> None:
    attempt = await house.attempt()
    assert await house.due() == 0
    answer = await http.post(house.callback(attempt), json=DONE)
    assert (answer.status_code, answer.json()) == (200, {"ok": True})
    assert house.hints.taken == [attempt.generation_id]
    assert await house.due() == 1


async def test_a_doubled_callback_makes_one_poll(house: House, http: httpx.AsyncClient) -> None:
    attempt = await house.attempt()
    for _ in range(3):
        await http.post(house.callback(attempt), json=DONE)
    assert await house.due() == 1
    assert await house.due() == 0


async def test_one_that_comes_before_the_task_is_recorded_is_heeded_after(
    house: House, http: httpx.AsyncClient
) -> None:
    attempt = await house.attempt(accepted=False)
    assert (await http.post(house.callback(attempt), json=DONE)).status_code == 200
    assert house.hints.taken == []
    assert await house.due() == 0
    await house.accept(attempt)
    assert await house.due() == 1


async def test_one_that_comes_during_a_poll_makes_another(house: House, http: httpx.AsyncClient) -> None:
    """The poll in hand may have been answered before the vendor's end."""
    attempt = await house.attempt()
    await http.post(house.callback(attempt), json=DONE)
    async with house.pool.acquire() as conn:
        (polled,) = await attempts.claim_due(conn, owner="test", limit=10)
        await http.post(house.callback(attempt), json=DONE)
        far = await conn.fetchval("SELECT nd_now() + interval '1 hour'")
        assert await attempts.still_running(conn, [(polled, far, 0.5)]) == 1
        (again,) = await attempts.claim_due(conn, owner="test", limit=10)
        await attempts.still_running(conn, [(again, far, 0.6)])
    assert await house.due() == 0


async def test_one_that_comes_late_wakes_nothing(house: House, http: httpx.AsyncClient) -> None:
    attempt = await house.attempt()
    async with house.pool.acquire() as conn:
        await attempts.move(conn, attempt, state=AttemptState.REJECTED, error=provider_error(ErrorClass.CAPACITY))
        before = await conn.fetchrow("SELECT * FROM attempts")
        assert (await http.post(house.callback(attempt), json=DONE)).status_code == 200
        assert await conn.fetchrow("SELECT * FROM attempts") == before
    assert house.hints.taken == []


@pytest.mark.parametrize(
    "event", [{"status": "running"}, {"status": "Processing"}, {"data": {"task_status": "queued"}}]
)
async def test_a_task_that_goes_on_is_no_news(house: House, http: httpx.AsyncClient, event: dict[str, Any]) -> None:
    attempt = await house.attempt()
    assert (await http.post(house.callback(attempt), json=event)).status_code == 200
    assert await house.due() == 0


@pytest.mark.parametrize("body", [b"", b"\xff\x00", b"[1]", b'{"status": 7}', b'{"data": "x"}', b"{" * 5000])
async def test_a_body_that_we_do_not_understand_is_a_hint_all_the_same(
    house: House, http: httpx.AsyncClient, body: bytes
) -> None:
    attempt = await house.attempt()
    assert (await http.post(house.callback(attempt), content=body)).status_code == 200
    assert await house.due() == 1


async def test_a_guessed_address_is_not_found_and_says_no_more(house: House, http: httpx.AsyncClient) -> None:
    attempt = await house.attempt()
    address = house.callback(attempt)
    guesses = [address[:-1], address + "A", address.replace(ROUTE, "wan.dashscope"), "/callbacks/x/y"]
    answers = [await http.post(guess, json=DONE) for guess in guesses]
    assert {(answer.status_code, answer.text) for answer in answers} == {(404, '{"error":"Not Found"}')}
    assert await house.due() == 0


async def test_an_attempt_that_is_not_there_answers_as_any_other(house: House, http: httpx.AsyncClient) -> None:
    attempt = await house.attempt()
    address = house.addresses.callback(route=ROUTE, generation_id=attempt.generation_id, n=2)
    answer = await http.post(address, json=DONE)
    assert (answer.status_code, answer.json()) == (200, {"ok": True})


async def test_a_challenge_is_echoed_and_wakes_nothing(house: House, http: httpx.AsyncClient) -> None:
    attempt = await house.attempt(accepted=False)
    answer = await http.post(house.callback(attempt), json={"challenge": "4f1c"})
    assert answer.json() == {"challenge": "4f1c"}
    assert (await http.post("/callbacks/hailuo.api/guess", json={"challenge": "4f1c"})).status_code == 404


async def test_where_a_vendor_signs_a_forged_callback_changes_nothing(house: House) -> None:
    secret = "whsec_dGVzdHNlY3JldHRlc3RzZWNyZXR0ZXN0c2VjcmV0MTI="
    attempt = await house.attempt()
    app = house.app(checks={ROUTE: signed_with(secret, named="X")})
    body = json.dumps(DONE)
    async with client(app) as http:
        assert (await http.post(house.callback(attempt), content=body)).status_code == 401
        assert await house.due() == 0
        headers = signed(secret, body)
        assert (await http.post(house.callback(attempt), content=body, headers=headers)).status_code == 200
        assert await house.due() == 1


async def test_without_a_public_address_there_are_no_callbacks(house: House) -> None:
    attempt = await house.attempt()
    async with client(house.app(addresses=None)) as http:
        assert (await http.post(house.callback(attempt), json=DONE)).status_code == 404


def signed(secret: str, body: str) -> dict[str, str]:
    from datetime import UTC, datetime

    now = datetime.now(UTC)
    return {
        "webhook-id": "m1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign("m1", now, body),
    }


@pytest.mark.parametrize("state", ["25006", "40P01", "40001", "57P01", "57P03", "53100", "53300", "08006"])
async def test_a_database_that_refuses_for_now_is_told_as_such_so_that_the_vendor_calls_again(
    state: str, house: House, http: httpx.AsyncClient, administrator: asyncpg.Connection
) -> None:
    attempt = await house.attempt()
    await administrator.execute(
        f"""
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'not now' USING ERRCODE = '{state}'; END $$;
        CREATE TRIGGER refuse BEFORE UPDATE ON attempts FOR EACH STATEMENT EXECUTE FUNCTION refuse();
        CREATE TRIGGER refuse BEFORE UPDATE ON generations FOR EACH STATEMENT EXECUTE FUNCTION refuse()
        """
    )
    answer = await http.post(house.callback(attempt), json=DONE)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    await administrator.execute("DROP TRIGGER refuse ON attempts; DROP TRIGGER refuse ON generations")
    assert (await http.post(house.callback(attempt), json=DONE)).status_code == 200
    assert await house.due() == 1
