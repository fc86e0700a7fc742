"""Every surface that listens on a port, against half characters, extreme times, huge numbers, deep nests, odd heads."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from standardwebhooks import Webhook

from tests.quick import examples
from tests.web.conftest import ROUTE, House, client, served
from tests.web.test_slack import Slack, slack
from web.checks import signed_with

__all__ = ["slack"]

SECRET = "whsec_c2hvcC1zZWNyZXQtc2hvcC1zZWNyZXQtMTIzNDU2"
_RUDE = settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

TIMES = [
    "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
    "2026-02-30T00:00:00Z", "2027-01-01T00:00:00+99:99", "2027-01-01", "1e999", "-1e9", "9" * 40, "2027-W01-1",
    "10000-01-01T00:00:00Z", "1999-12-31T23:59:59Z",
]  # fmt: skip
TEXTS = ["\ud800", "\udc00\ud800", "\0", "\u009b2J", "\u202e", "a" * 100_000, "", "\u3164", "́" * 300, "𝕏" * 199]
NUMBERS = [-1, 0, 2**31, 2**63, 2**64, 10**400, -(2**63), 1.5, float("inf"), float("nan"), True]
NESTED: Any = json.loads("[" * 90 + "]" * 90)
rude = st.sampled_from([*TIMES, *TEXTS, *NUMBERS, None, [], {}, [None], {"\ud800": "\ud800"}, NESTED])
words = st.text(st.characters(), max_size=30)
RAW = [
    '{"a":' * 20_000, "[" * 200_000, '{"credits":' + "9" * 6000 + "}", '{"key":"\\ud800"}', '{"key":"a","key":"b"}',
    "\ufeff{}",     "nul", "-", '"\\ud800"', "{'a': 1}", "NaN", '{"a":NaN}', "\x00", "{}" * 2,
]  # fmt: skip


def signed(text: str) -> dict[str, str]:
    now = datetime.now(UTC)
    return {
        "webhook-id": "m", "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("m", now, text),
    }  # fmt: skip


async def sold(house: House, text: str) -> httpx.Response:
    async with client(house.app(shop=signed_with(SECRET, named="X"))) as http:
        return await http.post("/api/grants", content=text, headers=signed(text))


SALE = {"key": "order-1", "team": {"platform": "test", "installation": "T1"}, "credits": 500}


@pytest.mark.parametrize("when", TIMES)
async def test_no_time_is_more_than_a_refusal(house: House, when: str) -> None:
    await house.generation()
    answer = await sold(house, json.dumps({**SALE, "key": when, "expires_at": when}))
    assert answer.status_code in {400, 422}, answer.text
    assert answer.json()["message"]


@_RUDE
@given(
    field=st.sampled_from(["key", "team", "credits", "expires_at", "note", "platform", "installation"]),
    value=rude | words,
)
async def test_one_rude_word_in_a_sale_is_no_500(house: House, field: str, value: Any) -> None:
    sale: dict[str, Any] = json.loads(json.dumps(SALE))
    if field in {"platform", "installation"}:
        sale["team"][field] = value
    else:
        sale[field] = value
    answer = await sold(house, json.dumps(sale))
    assert answer.status_code < 500
    answer.json()


@pytest.mark.parametrize("body", RAW, ids=range(len(RAW)))
async def test_no_body_is_a_500(house: House, body: str) -> None:
    assert (await sold(house, body)).status_code in {400, 413}
    attempt = await house.attempt()
    async with client(house.app()) as http:
        assert (await http.post(house.callback(attempt), content=body)).status_code < 500


async def test_half_a_character_is_not_said_back(house: House) -> None:
    attempt = await house.attempt()
    async with client(house.app()) as http:
        answer = await http.post(house.callback(attempt), content='{"challenge":"\\ud800"}')
        assert answer.json() == {"ok": True}
        answer = await http.post(house.callback(attempt), content='{"challenge":"3eZbrw"}')
        assert answer.json() == {"challenge": "3eZbrw"}


@_RUDE
@given(
    event=st.dictionaries(st.sampled_from(["challenge", "status", "data", "task_status", "id", "\ud800"]), rude | words)
)
async def test_no_event_of_a_vendor_is_a_500(house: House, event: dict[str, Any]) -> None:
    attempt = await house.attempt()
    async with client(house.app()) as http:
        answer = await http.post(house.callback(attempt), content=json.dumps(event))
    assert answer.status_code < 500
    answer.json()


@_RUDE
@given(
    kind=st.sampled_from(
        ["block_actions", "view_submission", "message_action", "event_callback", "url_verification", "x"]
    ),
    more=st.dictionaries(
        st.sampled_from(
            ["challenge", "team", "user", "actions", "view", "event", "channel", "trigger_id", "callback_id"]
        ),
        rude | st.lists(rude, max_size=2) | st.dictionaries(st.sampled_from(["id", "value", "type"]), rude),
    ),
    sent_as=st.sampled_from(["form", "json"]),
)
async def test_no_payload_that_slack_has_signed_is_a_500(
    slack: Slack, kind: str, more: dict[str, Any], sent_as: str
) -> None:
    payload = json.dumps({"type": kind, **more})
    if sent_as == "form":
        answer = await slack.post(f"payload={quote_plus(payload)}")
    else:
        answer = await slack.post(payload, kind="application/json")
    assert answer.status_code not in {500, 502}
    assert "Traceback" not in answer.text


HEADS = [
    b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"POST /api/grants HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    b"POST /api/grants HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n",
    b"POST /api/grants HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x08",
    b"POST /api/grants HTTP/1.1\r\nHost: x\r\nContent-Type: \xff\xfe; charset=\x80\r\nContent-Length: 2\r\n\r\n{}",
    b"POST /slack/events HTTP/1.1\r\nX-Slack-Signature: \xe4\r\nX-Slack-Request-Timestamp: \xb2\r\nHost: x\r\n\r\n",
    b"GET /v/%ED%A0%80 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /v/%00%FF.mp4 HTTP/1.1\r\nHost: x\r\nRange: bytes=99999999999999999999-\r\n\r\n",
    b"GET /p/\xc3\x28.jpg HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /metrics HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xff\r\nAuthorization: b\r\n\r\n",
    b"GET /callbacks/%F0%9F%98%80/%20 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST /callbacks/seedance.ark/%E2%80%AE HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
    b"GET http://[::1/ HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET * HTTP/1.1\r\nHost: x\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: \xff\r\n\r\n",
    b"BREW /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /healthz?" + b"a" * 60_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
]


@pytest.mark.parametrize("head", HEADS, ids=range(len(HEADS)))
async def test_no_head_is_a_500(house: House, head: bytes) -> None:
    app = house.app(shop=signed_with(SECRET, named="X"), metrics_token="\u00e9")
    async with served(app) as base:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(base.rpartition(":")[2]))
        writer.write(head)
        async with asyncio.timeout(20):
            status = await reader.readline()
        writer.close()
    assert status.startswith(b"HTTP/1.1 ")
    assert not status.startswith(b"HTTP/1.1 5")


async def test_a_vendors_words_reach_nobody_unread(house: House) -> None:
    """A route that is not signed believes nothing of a body but that there is one."""
    attempt = await house.attempt()
    async with client(house.app()) as http:
        assert (await http.post(house.callback(attempt), content=b"\xff\xfe")).json() == {"ok": True}
    assert attempt.route == ROUTE
