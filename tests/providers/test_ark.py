"""Ark's answers without a route: every code, resolution and state, written down once more."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from core.domain.errors import ErrorClass, ProviderError
from core.http.responses import Answer, Call
from core.ports import TaskFailed, TaskRunning, TaskSucceeded
from core.providers.ark import ArkTask, error_class, judge, outcome
from tests.providers.harness import NOW

E = ErrorClass
CODES: dict[ErrorClass | None, str] = {
    E.INVALID_REQUEST: "MissingParameter InvalidParameter InvalidParameter.size InvalidImageURL.EmptyURL "
    "TaskRunningCannotCancel",
    E.CAPACITY: "InvalidEndpoint.ClosedEndpoint InflightBatchsizeExceeded ServerOverloaded ModelLoadingError "
    "QuotaExceeded",
    E.TRANSIENT_SERVER: "ContentSecurityDetectionError InternalServiceError",
    E.QUOTA_EXHAUSTED: "InvalidSubscription OperationDenied.ServiceOverdue AccountOverdueError SetLimitExceeded",
    E.AUTH: "AuthenticationError InvalidAccountStatus AccessDenied AccessDenied.Model OperationDenied "
    "OperationDenied.PermissionDenied",
    E.MODEL_GONE: "InvalidEndpointOrModel InvalidEndpointOrModel.NotFound ModelNotOpen UnsupportedModel NotFound",
    E.RATE_LIMITED: "RateLimitExceeded RateLimitExceeded.EndpointTPMExceeded RequestBurstTooFast "
    "AccountRateLimitExceeded ModelAccountRpmRateLimitExceeded",
    E.CONTENT_POLICY: "InputTextSensitiveContentDetected OutputVideoSensitiveContentDetected.PolicyViolation "
    "InputImageSensitiveContentDetected.PrivacyInformation InputTextRiskDetection",
    None: "InvalidEndpoint Unheard InternalService",
}


@pytest.mark.parametrize(("expected", "codes"), CODES.items(), ids=[str(known) for known in CODES])
def test_every_code_has_its_class(expected: ErrorClass | None, codes: str) -> None:
    for code in codes.split():
        assert error_class(code, "text") is expected, code


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("You have used up the 5-hour limit", E.QUOTA_EXHAUSTED),
        ("the 5hour window", E.QUOTA_EXHAUSTED),
        ("your Trial has ended", E.QUOTA_EXHAUSTED),
        ("weekly", E.QUOTA_EXHAUSTED),
        ("monthly", E.QUOTA_EXHAUSTED),
        ("too many tasks are queued", E.CAPACITY),
    ],
)
def test_a_plan_that_is_used_up_is_no_queue_that_is_full(words: str, expected: ErrorClass) -> None:
    assert error_class("QuotaExceeded", words) is expected


def test_without_a_code_the_words_may_tell_of_a_filter() -> None:
    assert error_class("", "OutputVideoSensitiveContentDetected") is E.CONTENT_POLICY
    assert error_class("InvalidParameter", "PolicyViolation") is E.INVALID_REQUEST, "the code says more"
    assert error_class("", "text") is None


@pytest.mark.parametrize(
    ("resolution", "lines"),
    [
        ("480p", 480),
        ("720p", 720),
        ("1080p", 1080),
        ("1080P", 1080),
        ("4k", 2160),
        ("4K", 2160),
        ("", 720),
        ("8k", 720),
    ],
)
def test_a_resolution_is_read_as_lines(resolution: str, lines: int) -> None:
    assert ArkTask(resolution=resolution).lines == lines


def _ended(status: str, **more: object) -> object:
    task = ArkTask.model_validate({"id": "t1", "status": status, **more})
    return outcome(task, usd_per_million=2.5, now=NOW)


@pytest.mark.parametrize("status", ["succeeded", "completed", "Succeeded"])
@pytest.mark.parametrize(
    ("content", "url"),
    [
        ({"content": {"video_url": "https://cdn.example/v.mp4"}}, "https://cdn.example/v.mp4"),
        ({"video_url": "https://cdn.example/w.mp4"}, "https://cdn.example/w.mp4"),
    ],
)
def test_a_video_has_its_address_its_time_and_its_price(status: str, content: dict[str, object], url: str) -> None:
    made = _ended(status, updated_at=NOW - 100, usage={"completion_tokens": 1_001}, **content)
    assert isinstance(made, TaskSucceeded)
    assert (made.clip.url, made.usd_micros) == (url, 2_502)
    assert made.clip.expires_at == datetime.fromtimestamp(NOW - 100, UTC) + timedelta(hours=24)
    free = _ended(status, usage={"completion_tokens": 0}, **content)
    assert isinstance(free, TaskSucceeded)
    assert free.usd_micros is None
    unpriced = _ended(status, **content)
    assert isinstance(unpriced, TaskSucceeded)
    assert unpriced.usd_micros is None


@pytest.mark.parametrize(
    ("status", "error", "expected", "detail"),
    [
        ("succeeded", None, E.TRANSIENT_SERVER, "succeeded without a video"),
        ("failed", {"code": "ModelNotOpen", "message": "closed"}, E.MODEL_GONE, "closed"),
        ("failed", {"code": "Unheard", "message": "hm"}, E.TRANSIENT_SERVER, "hm"),
        ("failed", "InputTextRiskDetection", E.CONTENT_POLICY, "InputTextRiskDetection"),
        ("failed", None, E.TRANSIENT_SERVER, "failed without a reason"),
        ("cancelled", None, E.CANCELLED, "cancelled"),
        ("canceled", None, E.CANCELLED, "cancelled"),
        ("expired", None, E.TIMEOUT, "expired at the vendor"),
    ],
)
def test_an_end_without_a_video_has_its_class_and_words(
    status: str, error: object, expected: ErrorClass, detail: str
) -> None:
    found = _ended(status, **({"error": error} if error is not None else {}))
    assert isinstance(found, TaskFailed)
    assert (found.error.error_class, found.error.detail) == (expected, detail)
    if isinstance(error, dict):
        assert found.error.vendor_code == error["code"]


@pytest.mark.parametrize("status", ["queued", "running", "brand_new", ""])
def test_every_other_state_is_running(status: str) -> None:
    assert isinstance(_ended(status), TaskRunning)


def _answer(status: int, body: object) -> Answer:
    return Answer(call=Call.CHECK, status=status, body=json.dumps(body).encode())


@pytest.mark.parametrize(
    ("status", "body", "expected", "code", "detail"),
    [
        (404, {"error": {"code": "ModelNotOpen", "message": "closed"}}, E.MODEL_GONE, "ModelNotOpen", "closed"),
        (404, {"error": {"code": "Unheard", "message": "hm"}}, E.TRANSIENT_SERVER, "Unheard", "hm"),
        (404, {"code": "ModelNotOpen", "message": "closed"}, E.MODEL_GONE, "ModelNotOpen", "closed"),
        (401, {"error": {}}, E.AUTH, "401", "HTTP 401"),
        (429, {}, E.RATE_LIMITED, "429", "HTTP 429"),
        (400, {"error": "InputTextRiskDetection"}, E.CONTENT_POLICY, "400", "InputTextRiskDetection"),
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


def test_a_task_that_says_nothing_has_no_id_and_no_state() -> None:
    task = ArkTask.model_validate({})
    assert (task.id, task.status, task.model, task.resolution, task.safety_identifier) == ("", "", "", "", "")
    assert (task.content, task.video_url, task.seed, task.created_at, task.updated_at) == (None,) * 5
    assert task.generate_audio is None
