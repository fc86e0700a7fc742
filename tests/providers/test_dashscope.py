"""DashScope's answers without a route: every code, time and state, written down once more."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.domain.errors import ErrorClass, ProviderError
from core.http.responses import Answer, Call
from core.ports import TaskFailed, TaskRunning, TaskSucceeded
from core.providers.dashscope import DashscopePage, One, error_class, judge, listed, outcome, when
from tests.providers.harness import NOW

E = ErrorClass
CODES: dict[ErrorClass, str] = {
    E.QUOTA_EXHAUSTED: "Arrearage isv.OUT_OF_SERVICE AllocationQuota.FreeTierOnly CommodityNotPurchased "
    "PrepaidBillOverdue PostpaidBillOverdue",
    E.RATE_LIMITED: "Throttling Throttling.RateQuota.Model LimitRequests insufficient_quota",
    E.CONTENT_POLICY: "DataInspectionFailed data_inspection_failed IPInfringementSuspect",
    E.INVALID_REQUEST: "InvalidParameter InvalidParameter.size BadRequest BadRequest.TooLong BadRequestException "
    "invalid_request_error",
    E.AUTH: "InvalidApiKey invalid_api_key AccessDenied AccessDenied.Unpurchased Model.AccessDenied "
    "Workspace.AccessDenied",
    E.MODEL_GONE: "ModelNotFound Model.NotExist WorkSpaceNotFound NotFound",
    E.TRANSIENT_SERVER: "InternalError InternalError.Algo SystemError ModelServiceFailed RequestTimeOut GatewayTimeout",
    E.CAPACITY: "ModelUnavailable ServiceUnavailable",
}


@pytest.mark.parametrize(("expected", "codes"), CODES.items(), ids=[str(known) for known in CODES])
def test_every_code_has_its_class(expected: ErrorClass, codes: str) -> None:
    for code in codes.split():
        assert error_class(code, None) is error_class(code, 409) is expected, code
        assert error_class(code, 400) is expected, "the code says more than the status"


@pytest.mark.parametrize(("status", "expected"), [(400, E.INVALID_REQUEST), (401, E.AUTH), (429, E.RATE_LIMITED)])
def test_an_unknown_code_is_judged_by_the_status(status: int, expected: ErrorClass) -> None:
    for code in ("Unheard", "Unheard.Arrearage", "AllocationQuota", "Model", "isv", ""):
        assert error_class(code, status) is expected, code
        assert error_class(code, None) is E.TRANSIENT_SERVER, code
    assert error_class("Arrearage", status) is E.QUOTA_EXHAUSTED


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1795374100", 1_795_374_100.0),
        ("1795374100250", 1_795_374_100.25),
        ("2026-11-23 03:01:40", 1_795_374_100.0),
        ("2026-11-23T03:01:40.500", 1_795_374_100.5),
        ("179537410", None),
        ("17953741000", None),
        ("", None),
        ("soon", None),
        ("0001-01-01", None),
    ],
)
def test_a_time_is_read_in_each_of_its_forms(text: str, seconds: float | None) -> None:
    found = when(text)
    if text == "0001-01-01":
        assert found is None or found < 0, "before 1970 it is no time of a task"
    else:
        assert found == seconds


def _ended(status: str, *, beside: dict[str, str] | None = None, **more: Any) -> object:
    """How a task ends. `beside`: what stands beside the output, not in it."""
    body = {"output": {"task_id": "t1", "task_status": status, **more}, **(beside or {})}
    return outcome(One.model_validate(body), now=NOW)


@pytest.mark.parametrize(
    ("more", "url"),
    [
        ({"video_url": "https://cdn.example/v.mp4"}, "https://cdn.example/v.mp4"),
        ({"results": [{"url": "https://cdn.example/w.mp4"}]}, "https://cdn.example/w.mp4"),
    ],
)
def test_a_video_has_its_address_and_lasts_a_day(more: dict[str, Any], url: str) -> None:
    made = _ended("SUCCEEDED", end_time="2026-11-23 03:00:00", **more)
    assert isinstance(made, TaskSucceeded)
    assert made.clip.url == url
    assert made.clip.expires_at == datetime.fromtimestamp(NOW - 100, UTC) + timedelta(hours=24)


@pytest.mark.parametrize(
    ("status", "more", "expected", "detail", "code"),
    [
        ("SUCCEEDED", {}, E.TRANSIENT_SERVER, "succeeded without a video", "no_video"),
        ("FAILED", {"code": "Arrearage", "message": "owed"}, E.QUOTA_EXHAUSTED, "owed", "Arrearage"),
        ("FAILED", {"beside": {"code": "NotFound", "message": "gone"}}, E.MODEL_GONE, "gone", "NotFound"),
        ("FAILED", {}, E.TRANSIENT_SERVER, "failed without a reason", ""),
        ("CANCELED", {}, E.CANCELLED, "cancelled", ""),
        ("CANCELLED", {}, E.CANCELLED, "cancelled", ""),
    ],
)
def test_an_end_without_a_video_has_its_class_and_words(
    status: str, more: dict[str, Any], expected: ErrorClass, detail: str, code: str
) -> None:
    found = _ended(status, **more)
    assert isinstance(found, TaskFailed)
    assert (found.error.error_class, found.error.detail, found.error.vendor_code or "") == (expected, detail, code)


@pytest.mark.parametrize("status", ["PENDING", "RUNNING", "SUSPENDED", "UNKNOWN", ""])
def test_every_other_state_is_running(status: str) -> None:
    assert isinstance(_ended(status), TaskRunning)


def test_the_state_of_a_list_is_read_where_there_is_no_other() -> None:
    assert isinstance(outcome(One.model_validate({"output": {"status": "FAILED"}}), now=NOW), TaskFailed)


@pytest.mark.parametrize(
    ("body", "ids"),
    [
        ({"data": [{"task_id": "a"}]}, ["a"]),
        ({"tasks": [{"task_id": "b"}]}, ["b"]),
        ({"output": {"data": [{"task_id": "c"}]}}, ["c"]),
        ({"output": {"tasks": [{"task_id": "d"}]}}, ["d"]),
        ({"data": [], "output": {"tasks": [{"task_id": "d"}]}}, []),
        ({"output": {}}, None),
        ({}, None),
    ],
)
def test_a_list_is_found_at_any_level(body: dict[str, object], ids: list[str] | None) -> None:
    found = DashscopePage.model_validate(body).all()
    assert (found if found is None else [task.task_id for task in found]) == ids


def _answer(status: int, body: object) -> Answer:
    return Answer(call=Call.CHECK, status=status, body=json.dumps(body).encode())


@pytest.mark.parametrize(
    ("status", "body", "expected", "code", "detail"),
    [
        (400, {"code": "Arrearage", "message": "owed"}, E.QUOTA_EXHAUSTED, "Arrearage", "owed"),
        (400, {"error": {"code": "Throttling", "message": "slow"}}, E.RATE_LIMITED, "Throttling", "slow"),
        (500, {"error": {"type": "NotFound", "message": "none"}}, E.MODEL_GONE, "NotFound", "none"),
        (400, {"code": "A", "error": {"code": "Throttling", "type": "NotFound"}}, E.INVALID_REQUEST, "A", "HTTP 400"),
        (400, {"error": "words"}, E.INVALID_REQUEST, "400", "words"),
        (503, {}, E.CAPACITY, "503", "HTTP 503"),
    ],
)
def test_an_answer_that_is_no_success_stands_for_an_error(
    status: int, body: object, expected: ErrorClass, code: str, detail: str
) -> None:
    with pytest.raises(ProviderError) as found:
        judge(_answer(status, body))
    error = found.value
    assert (error.error_class, error.vendor_code, error.detail) == (expected, code, detail)


def test_a_success_is_no_error_whatever_it_says() -> None:
    judge(_answer(200, {"code": "Arrearage", "error": {"code": "ModelNotOpen"}}))


def test_a_list_is_read_or_the_answer_is_none() -> None:
    assert [task.task_id for task in listed(_answer(200, {"output": {"tasks": [{"task_id": "a"}]}}))] == ["a"]
    with pytest.raises(ProviderError) as unread:
        listed(_answer(200, {"output": {}}))
    assert unread.value.error_class is E.TRANSIENT_SERVER
    with pytest.raises(ProviderError) as refused:
        listed(_answer(401, {"data": []}))
    assert refused.value.error_class is E.AUTH


def test_a_task_that_says_nothing_has_no_id_and_no_state() -> None:
    task = One.model_validate({}).output
    assert (task.task_id, task.task_status, task.status, task.code, task.message) == ("", "", "", "", "")
    assert (task.submit_time, task.gmt_create, task.start_time, task.end_time, task.model_name) == ("",) * 5
    assert (task.video_url, task.results) == (None, None)
