"""Signatures are checked against what others made: Kling's published vector, the library of Standard Webhooks, fal's
recipe in the sandbox."""

import json
import time
from datetime import UTC, datetime
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from core.domain.ids import RouteKey
from core.settings import RouteOverrides, SettingsError
from sandbox.vendors.fal.wire import Signer
from web.checks import FAL_KEYS, checks, fal_keys, jwt_keys, jwt_public_keys, public_keys
from web.signatures import BadSecret, StandardWebhooks, fal_accepts, is_near

SECRET = "whsec_dGVzdHNlY3JldHRlc3RzZWNyZXR0ZXN0c2VjcmV0MTI="
BODY = b'{"id":"1234567890","status":"succeeded","message":"","create_time":1781080778802,"update_time":1781080794151}'
KLING = {
    "webhook-id": "9876543210",
    "webhook-timestamp": "1781080794",
    "webhook-signature": "v1,UsKlJP00XoQyOn410NM9xv34sP+Gl0jnOO9Lcpr7NJ4=",
}
THEN = 1781080794


def test_klings_published_vector_is_accepted() -> None:
    assert StandardWebhooks(SECRET).accepts(KLING, BODY, now=THEN)


@pytest.mark.parametrize(
    ("headers", "body", "now"),
    [
        (KLING, BODY + b" ", THEN),
        (KLING, BODY, THEN + 301),
        (KLING, BODY, THEN - 301),
        (KLING | {"webhook-id": "1"}, BODY, THEN),
        (KLING | {"webhook-timestamp": "1781080795"}, BODY, THEN),
        (KLING | {"webhook-timestamp": "then"}, BODY, THEN),
        (KLING | {"webhook-signature": "UsKlJP00XoQyOn410NM9xv34sP+Gl0jnOO9Lcpr7NJ4="}, BODY, THEN),
        (KLING | {"webhook-signature": "v2,UsKlJP00XoQyOn410NM9xv34sP+Gl0jnOO9Lcpr7NJ4="}, BODY, THEN),
        ({}, BODY, THEN),
    ],
)
def test_anything_changed_is_refused(headers: dict[str, str], body: bytes, now: float) -> None:
    assert not StandardWebhooks(SECRET).accepts(headers, body, now=now)


def test_one_of_several_signatures_is_enough_while_a_secret_is_changed() -> None:
    both = KLING | {"webhook-signature": f"v1,AAAA {KLING['webhook-signature']}"}
    assert StandardWebhooks(SECRET).accepts(both, BODY, now=THEN)


@given(body=st.text(max_size=200), at=st.integers(1_000_000_000, 4_000_000_000), skew=st.integers(-300, 300))
def test_what_the_official_library_signs_is_accepted(body: str, at: int, skew: int) -> None:
    signature = Webhook(SECRET).sign("msg_1", datetime.fromtimestamp(at, UTC), body)
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(at), "webhook-signature": signature}
    assert StandardWebhooks(SECRET).accepts(headers, body.encode(), now=at + skew)


@given(signature=st.text(), timestamp=st.text(), message_id=st.text(), body=st.binary())
def test_no_header_makes_it_fail(signature: str, timestamp: str, message_id: str, body: bytes) -> None:
    headers = {"webhook-id": message_id, "webhook-timestamp": timestamp, "webhook-signature": signature}
    assert not StandardWebhooks(SECRET).accepts(headers, body, now=THEN)
    fal = {"x-fal-webhook-timestamp": timestamp, "x-fal-webhook-signature": signature}
    assert not fal_accepts([Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key()], fal, body, now=THEN)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_not base64!", "whsec_c2hvcnQ="])
def test_a_secret_that_cannot_be_one_is_refused_at_the_start(secret: str) -> None:
    with pytest.raises(BadSecret):
        StandardWebhooks(secret)


@pytest.mark.parametrize("timestamp", ["", "-1", "1e9", "١٢٣", "9" * 5000, "1781080794.5", " 1781080794"])
def test_a_time_is_whole_seconds(timestamp: str) -> None:
    assert not is_near(timestamp, now=THEN)


def key_server(signer: Signer, asked: list[str]) -> httpx.AsyncClient:
    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200, json=signer.key_set())

    return httpx.AsyncClient(transport=httpx.MockTransport(answer))


async def test_fals_keys_are_fetched_once_and_believed() -> None:
    asked: list[Any] = []
    signer, body = Signer(), json.dumps({"request_id": "r", "status": "OK"}).encode()
    async with key_server(signer, asked) as http:
        keys = fal_keys(FAL_KEYS, http=http)
        headers = {name.lower(): value for name, value in signer.headers("r", body).items()}
        assert await keys.check(headers, body)
        assert await keys.check(headers, body)
        assert not await keys.check(headers, body + b" ")
        assert not await keys.check(headers | {"x-fal-webhook-user-id": "somebody"}, body)
    assert asked == [FAL_KEYS]


async def test_while_fals_keys_cannot_be_had_nothing_is_believed() -> None:
    signer, body = Signer(), b"{}"
    transport = httpx.MockTransport(lambda _: httpx.Response(500))
    async with httpx.AsyncClient(transport=transport) as http:
        headers = {name.lower(): value for name, value in signer.headers("r", body).items()}
        assert not await fal_keys(FAL_KEYS, http=http).check(headers, body)


async def test_googles_token_is_believed_until_it_runs_out_and_nobody_elses_is() -> None:
    ours, strangers = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
    listed = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(ours.public_key())) | {"kid": "1", "use": "sig"}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json={"keys": [listed]}))

    def signed(key: rsa.RSAPrivateKey, *, exp: float) -> dict[str, str]:
        return {"webhook-signature": jwt.encode({"exp": int(exp)}, key, algorithm="RS256", headers={"kid": "1"})}

    async with httpx.AsyncClient(transport=transport) as http:
        check = jwt_keys("https://keys.example/jwks.json", http=http).check
        assert await check(signed(ours, exp=time.time() + 60), b"{}")
        assert not await check(signed(ours, exp=time.time() - 3600), b"{}")
        assert not await check(signed(strangers, exp=time.time() + 60), b"{}")
        assert not await check({"webhook-signature": jwt.encode({}, "x" * 32, algorithm="HS256")}, b"{}")
        assert not await check({}, b"{}")


@pytest.mark.parametrize("keys", [None, [], {}, {"keys": "x"}, {"keys": []}, {"keys": [7]}])
def test_a_set_of_googles_keys_that_is_none_is_refused(keys: object) -> None:
    with pytest.raises(ValueError, match="key"):
        jwt_public_keys(keys)


@pytest.mark.parametrize("keys", [None, [], {"keys": "x"}, {"keys": [{"kty": "OKP", "x": "AAAA"}]}])
def test_a_key_set_that_is_none_is_refused(keys: object) -> None:
    with pytest.raises(ValueError, match="key"):
        public_keys(keys)


def test_keys_of_other_kinds_are_passed_over() -> None:
    assert public_keys({"keys": [{"kty": "RSA"}, 7]}) == ()


async def test_routes_have_the_checks_that_are_set_up() -> None:
    overrides = {
        RouteKey("kling.api"): RouteOverrides(extra={"webhook_secret": SECRET}),
        RouteKey("veo.replicate"): RouteOverrides(),
        RouteKey("veo.gemini"): RouteOverrides(extra={"jwks_url": "https://keys.example/jwks.json"}),
        RouteKey("wan.fal"): RouteOverrides(),
    }
    async with httpx.AsyncClient() as http:
        assert set(checks(overrides, http=http)) == {"kling.api", "veo.gemini", "wan.fal"}
        overrides[RouteKey("kling.api")] = RouteOverrides(extra={"webhook_secret": "no secret"})
        with pytest.raises(SettingsError, match="KLING_API_WEBHOOK_SECRET wants whsec_"):
            checks(overrides, http=http)
