"""What Google's errors mean, by status, number and detail; and where an access token comes from."""

import json

import httpx
import pytest

from core.domain.errors import ErrorClass, ProviderError
from core.http.responses import Answer, Call
from core.providers.google import (
    Status,
    Tokens,
    error_class_of_rpc,
    error_class_of_word,
    error_of,
    is_safety,
    let_in,
    service_account,
)
from tests.providers.google import said
from tests.providers.harness import Vendor, ok, wiring

E = ErrorClass


def answer(status: int, body: object, call: Call = Call.ASK, retry_after_s: float | None = None) -> Answer:
    return Answer(call=call, status=status, body=json.dumps(body).encode(), retry_after_s=retry_after_s)


@pytest.mark.parametrize(
    ("code", "error_class"),
    [
        ("400", E.INVALID_REQUEST), ("401", E.AUTH), ("402", E.QUOTA_EXHAUSTED), ("403", E.AUTH),
        ("404", E.TRANSIENT_SERVER), ("429", E.RATE_LIMITED), ("500", E.TRANSIENT_SERVER), ("503", E.CAPACITY),
        ("invalid_argument", E.INVALID_REQUEST), ("FAILED_PRECONDITION", E.QUOTA_EXHAUSTED),
        ("OUT_OF_RANGE", E.INVALID_REQUEST), ("UNAUTHENTICATED", E.AUTH), ("PERMISSION_DENIED", E.AUTH),
        ("NOT_FOUND", E.MODEL_GONE), ("RESOURCE_EXHAUSTED", E.RATE_LIMITED), ("INTERNAL", E.TRANSIENT_SERVER),
        ("UNAVAILABLE", E.CAPACITY), ("DEADLINE_EXCEEDED", E.TRANSIENT_SERVER), ("whatever", E.TRANSIENT_SERVER),
        ("", E.TRANSIENT_SERVER), ("4000", E.TRANSIENT_SERVER), ("prohibited_content", E.CONTENT_POLICY),
    ],
)  # fmt: skip
def test_a_word_or_a_status_has_its_class(code: str, error_class: ErrorClass) -> None:
    assert error_class_of_word(code, "text") is error_class


@pytest.mark.parametrize(
    ("code", "error_class"),
    [
        ("3", E.INVALID_REQUEST), ("4", E.TRANSIENT_SERVER), ("5", E.TASK_GONE), ("7", E.AUTH), ("8", E.CAPACITY),
        ("9", E.INVALID_REQUEST), ("10", E.TRANSIENT_SERVER), ("13", E.TRANSIENT_SERVER), ("14", E.CAPACITY),
        ("16", E.AUTH), ("", E.TRANSIENT_SERVER), ("99", E.TRANSIENT_SERVER), ("³", E.TRANSIENT_SERVER),
    ],
)  # fmt: skip
def test_a_number_in_a_finished_operation_has_its_class(code: str, error_class: ErrorClass) -> None:
    assert error_class_of_rpc(Status(code=code)) is error_class
    assert error_class_of_rpc(Status(code=code, message="sensitive words")) is E.CONTENT_POLICY


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (Status(), False), (Status(code="0"), False), (Status(code="3"), True), (Status(message="x"), True),
        (Status(status="INTERNAL"), True), (Status(code="0", message="x"), True),
    ],
)  # fmt: skip
def test_a_status_of_nothing_is_no_error(status: Status, *, says: bool) -> None:
    assert status.says is says


NAMES = "quotaId quota_id quotaMetric quota_metric quota_limit quota_unit subject"


@pytest.mark.parametrize("name", NAMES.split())
def test_a_days_quota_is_found_under_each_of_its_names(name: str) -> None:
    day, minute = "generate_requests_per_day", "generate_requests_per_minute"
    assert Status(details=[{"metadata": {name: day}}]).is_used_up
    assert not Status(details=[{"metadata": {name: minute}}]).is_used_up
    assert not Status(details=[{"metadata": {f"{name}x": day}}]).is_used_up


@pytest.mark.parametrize(
    ("details", "wait_s"),
    [
        ([{"retryDelay": "12s"}], 12.0), ([{"retry_delay": "1.5s"}], 1.5), ([{"retryDelay": {"seconds": 7}}], 7.0),
        ([{"retry_delay": {"seconds": "8"}}], 8.0), ([{"retryDelay": "99999s"}], 3600.0),
        ([{"retryDelay": {"seconds": 99999}}], 3600.0), ([{"retryDelay": "soon"}], None), ([], None), (None, None),
        ([{"reason": "x"}, {"retryDelay": "3s"}], 3.0),
    ],
)  # fmt: skip
def test_how_long_google_asks_us_to_wait(details: object, wait_s: float | None) -> None:
    assert Status(details=details).retry_after_s == wait_s
    refused = answer(429, said(429, "RESOURCE_EXHAUSTED", details=details))
    assert error_of(refused).retry_after_s == wait_s
    assert error_of(answer(429, said(429, "RESOURCE_EXHAUSTED", details=details), retry_after_s=2.0)).retry_after_s == 2


@pytest.mark.parametrize(
    ("status", "body", "error_class"),
    [
        (404, said(404, "STRANGE", "no such model"), E.TASK_GONE),
        (404, said(404, "STRANGE", ""), E.TRANSIENT_SERVER),
        (404, {"code": 404, "message": "no such model", "status": "STRANGE"}, E.TASK_GONE),
        (400, said(400, "INVALID_ARGUMENT", "API key expired"), E.AUTH),
        (400, said(400, "RESOURCE_EXHAUSTED", "Blocked by safety settings"), E.RATE_LIMITED),
    ],
)
def test_an_error_answer_has_its_class(status: int, body: object, error_class: ErrorClass) -> None:
    assert error_of(answer(status, body)).error_class is error_class


def test_the_envelope_may_be_missing() -> None:
    bare = error_of(answer(403, {"code": 403, "message": "not yours", "status": "PERMISSION_DENIED"}))
    assert (bare.error_class, bare.vendor_code, bare.detail) == (E.AUTH, "PERMISSION_DENIED", "not yours")


@pytest.mark.parametrize(
    ("status", "word", "is_in"),
    [
        (200, "", True), (404, "NOT_FOUND", True), (400, "INVALID_ARGUMENT", True), (401, "UNAUTHENTICATED", False),
        (429, "RESOURCE_EXHAUSTED", False), (503, "UNAVAILABLE", False),
    ],
)  # fmt: skip
def test_who_is_let_in(status: int, word: str, *, is_in: bool) -> None:
    asked = answer(status, said(status, word), Call.CHECK)
    if is_in:
        let_in(asked)
        return
    with pytest.raises(ProviderError):
        let_in(asked)


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("SAFETY", True),
        ("Blocklist", True),
        ("spii", True),
        ("spiii", False),
        ("29310472", True),
        ("It violates our usage policy", True),
        (f"violates {'x' * 41} policy", False),
        ("a fox", False),
    ],
)
def test_what_counts_as_a_refusal_of_the_content(text: str, *, safe: bool) -> None:
    assert is_safety(text) is safe


@pytest.mark.parametrize(
    ("token_url", "own", "address"),
    [
        ("https://ours.example/t", {"token_uri": "https://theirs.example/t"}, "https://ours.example/t"),
        ("", {"token_uri": "https://theirs.example"}, "https://theirs.example/"),
        ("", {}, "https://oauth2.googleapis.com/token"),
    ],
)
async def test_where_a_token_is_asked_for(pem: str, token_url: str, own: dict[str, str], address: str) -> None:
    account = json.dumps({"client_email": "a@b.example", "private_key": pem, **own})
    vendor = Vendor([ok({"access_token": "ya29"})])
    tokens = Tokens(account, wiring(vendor), token_url=token_url)
    assert await tokens.bearer(Call.ASK) == {"authorization": "Bearer ya29"}
    assert await tokens.bearer(Call.ASK) == {"authorization": "Bearer ya29"}
    assert [(request.method, str(request.url)) for request in vendor.requests] == [("POST", address)]
    assert vendor.requests[0].headers["content-type"] == "application/x-www-form-urlencoded"
    assert httpx.QueryParams(vendor.requests[0].content.decode())["grant_type"].endswith("grant-type:jwt-bearer")
    tokens.forget()
    await tokens.bearer(Call.ASK)
    assert len(vendor.requests) == 2


async def test_a_token_that_is_given_is_used_as_it_is() -> None:
    assert await Tokens("ya29.fixed", wiring()).bearer(Call.ASK) == {"authorization": "Bearer ya29.fixed"}
    assert service_account("ya29.fixed") == "ya29.fixed"
