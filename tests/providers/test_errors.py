"""The error tables across vendors: each code that an adapter knows is proven, at a submit and inside a task."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pytest
import structlog

from core.domain.errors import ErrorClass, OutcomeUnknown
from core.ports import TaskFailed
from core.providers import ark, dashscope, fal, google, hailuo, kling, replicate
from tests.providers import google as google_tables
from tests.providers import test_fal as at_fal
from tests.providers import test_hailuo as at_minimax
from tests.providers import test_kling as at_kling
from tests.providers import test_omni as at_omni
from tests.providers import test_replicate as at_replicate
from tests.providers import test_seedance as on_ark
from tests.providers import test_veo as at_gemini
from tests.providers import test_wan as on_dashscope
from tests.providers.case import Case, failure
from tests.providers.harness import Reply, ok

E = ErrorClass
SUPPORT_CODES = (
    58061214, 17301594, 29310472, 15236754, 64151117, 42237218, 62263041, 57734940, 22137204, 89371032, 49114662,
    63429089, 72817394, 60599140, 35561574, 35561575, 90789179, 43188360, 78610348, 61493863, 56562880, 32635315,
    74803281, 29578790, 42876398,
)  # fmt: skip
"""Of Veo's filters, as Google's page on them lists them: facts of 2026-09-02."""


def ends(error_class: ErrorClass) -> ErrorClass:
    """What a refusal at a submit is as the end of a task, whose fate is known."""
    return E.TRANSIENT_SERVER if error_class is E.OUTCOME_UNKNOWN else error_class


@pytest.mark.parametrize(
    ("known", "table"),
    [(ark._ERRORS, [*on_ark._Seedance.refusals]),
     (dashscope.ERRORS, [*on_dashscope._Wan.refusals]),
     (hailuo.ERRORS, [*at_minimax._Hailuo.refusals]),
     (kling.ERRORS, [*at_kling.TestKling.refusals]),
     (fal.ERRORS, [*at_fal.REFUSALS]),
     (replicate.ERRORS, [*at_replicate._Replicate.failures]),
     (google._BY_STATUS.keys() - {"OUT_OF_RANGE"}, google_tables.REFUSALS)],
    ids=["ark", "dashscope", "minimax", "kling", "fal", "replicate", "google"],
)  # fmt: skip
def test_every_code_that_an_adapter_knows_stands_in_the_table_of_its_tests(
    known: Collection[str], table: Sequence[Sequence[Any]]
) -> None:
    said = [part for row in table for part in row if not isinstance(part, ErrorClass)]
    proven = " ".join(json.dumps(part) for part in said if not isinstance(part, bytes))
    assert [code for code in known if code not in proven] == []


def test_every_rpc_number_that_google_is_known_by_stands_in_the_table() -> None:
    assert set(google._BY_RPC) <= {code for code, _, _ in google_tables.RPC_FAILURES}


async def ended(case: Case, body: Mapping[str, Any]) -> ErrorClass:
    """How a task that a poll shows so has ended."""
    route, _ = case.adapter(ok(body))
    answer = await route.poll(case.task_id)
    assert isinstance(answer, TaskFailed), body
    return answer.error.error_class


async def test_every_code_of_arks_has_the_same_class_inside_a_task() -> None:
    for _, body, error_class in on_ark._Seedance.refusals:
        if isinstance(body, dict):
            assert await ended(on_ark.TestSeedance(), on_ark.task("failed", **body)) is ends(error_class), body


async def test_every_code_of_dashscopes_has_the_same_class_inside_a_task() -> None:
    for _, body, error_class in on_dashscope._Wan.refusals:
        if isinstance(body, dict) and "code" in body:
            failed = on_dashscope.task("FAILED", code=body["code"], message=body["message"])
            assert await ended(on_dashscope.TestWan(), failed) is ends(error_class), body


async def test_every_code_of_minimaxs_has_the_same_class_inside_a_task() -> None:
    for code, error_class in hailuo.ERRORS.items():
        assert await ended(at_minimax.TestHailuo(), at_minimax.query("Fail", code=int(code))) is error_class


@pytest.mark.parametrize("code", SUPPORT_CODES)
async def test_every_support_code_of_googles_filters_is_a_refusal_of_content(code: int) -> None:
    words = f"The request could not be fulfilled. Support codes: {code}"
    gemini, omni = at_gemini.TestVeoGemini(), at_omni.TestOmni()
    route, _ = gemini.adapter(Reply(status=400, body=google_tables.said(400, "INVALID_ARGUMENT", words)))
    refused = await failure(route.submit(gemini.job()))
    assert refused is not None
    assert refused.error_class is E.CONTENT_POLICY
    for case, body in (
        (gemini, at_gemini.operation(done=True, error={"code": 3, "message": words})),
        (gemini, at_gemini.done({"raiMediaFilteredCount": 1, "raiMediaFilteredReasons": [words]})),
        (omni, at_omni.interaction("failed", errors=[{"code": "INVALID_ARGUMENT", "message": words}])),
    ):
        assert await ended(case, body) is E.CONTENT_POLICY


async def test_an_error_inside_a_success_is_an_error() -> None:
    """HTTP 200 says nothing at Kling and at MiniMax: their own code does."""
    for case, body, error_class in (
        (at_kling.TestKling(), at_kling.said(1102), E.QUOTA_EXHAUSTED),
        (at_kling.TestKling(), at_kling.said(5000), E.OUTCOME_UNKNOWN),
        (at_minimax.TestHailuo(), at_minimax.said(1008), E.QUOTA_EXHAUSTED),
        (at_minimax.TestHailuo(), at_minimax.said(1033), E.OUTCOME_UNKNOWN),
    ):
        route, _ = case.adapter(ok(body))
        refused = await failure(route.submit(case.job()))
        assert refused is not None
        assert refused.error_class is error_class
        assert isinstance(refused, OutcomeUnknown) is (error_class is E.OUTCOME_UNKNOWN)


@pytest.mark.parametrize(
    "kind", ["missing", "image_too_small", "image_too_large", "image_load_error", "file_download_error", "brand_new"]
)
async def test_a_model_at_fal_that_calls_an_input_bad_is_believed_whatever_the_name(kind: str) -> None:
    case = at_fal.TestVeoAtFal()
    route, _ = case.adapter(Reply(status=422, body=at_fal.problem(kind)))
    refused = await failure(route.submit(case.job()))
    assert refused is not None
    assert (refused.error_class, refused.vendor_code) == (E.INVALID_REQUEST, kind)


@pytest.mark.parametrize(
    ("details", "seconds"),
    [
        ([{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "17s"}], 17),
        ([{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "2.5s"}], 2.5),
        ([None, {"retryDelay": {"seconds": "31", "nanos": 5}}], 31),
        ({"retry_delay": "8s"}, 8),
        ([{"retryDelay": "99999s"}], 3600),
        ([{"retryDelay": "soon"}], None),
        ([], None),
    ],
)
async def test_googles_retry_info_is_a_retry_after(details: Any, seconds: float | None) -> None:
    body = google_tables.said(429, "RESOURCE_EXHAUSTED", details=details)
    for case in (at_gemini.TestVeoGemini(), at_omni.TestOmni()):
        route, _ = case.adapter(Reply(status=429, body=body))
        error = await failure(route.submit(case.job()))
        assert error is not None
        assert (error.error_class, error.retry_after_s) == (E.RATE_LIMITED, seconds)
        route, _ = case.adapter(Reply(status=429, body=body, headers={"retry-after": "4"}))
        error = await failure(route.submit(case.job()))
        assert error is not None
        assert error.retry_after_s == 4, "the header is nearer"


async def test_an_answer_that_cannot_be_read_is_logged_by_its_shape_once_an_hour() -> None:
    now = 1_000_000.0
    case = at_kling.TestKling()
    body = {"code": 0, "data": [{"id": case.task_id, "outputs": [None, {"video": "s3cret"}], "a red fox": 7}]}
    with structlog.testing.capture_logs() as logs:
        route, _ = case.adapter(ok(body), clock=lambda: now)
        for _ in range(3):
            await failure(route.poll(case.task_id))
        now += 3601
        await failure(route.poll(case.task_id))
    told = [entry for entry in logs if entry["event"] == "provider.unread"]
    assert len(told) == 2
    assert told[0]["route"] == "kling.api"
    assert told[0]["shape"] == "{code: number, data: [1: {id: text, outputs: [2: null | {video: text}], ?: number}]}"
    assert "s3cret" not in str(told)
    assert case.task_id not in str(told)
