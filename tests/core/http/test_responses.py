"""What an answer of a vendor means: its body, its status, its wait, and what its lack of a video or an id is."""

import time
from datetime import UTC, datetime

import pytest
from pydantic import Field
from structlog.testing import capture_logs

from core.domain.errors import ErrorClass, OutcomeUnknown, ProviderError, TryLater, WontWork, provider_error
from core.http.responses import (
    Answer,
    Call,
    Flag,
    Many,
    Number,
    Text,
    Unread,
    VendorModel,
    Word,
    after,
    body_of,
    by_prefix,
    by_status,
    glean,
    lost,
    read,
    refusal,
    retry_after_s,
    shown,
    task_id,
    unread,
    without_video,
)
from core.ports import TaskFailed, TaskRunning

E = ErrorClass
NOW = 1_800_000_000.0


def answer(body: bytes = b"{}", *, call: Call = Call.ASK, status: int = 200, **more: object) -> Answer:
    return Answer(call=call, status=status, body=body, **more)  # type: ignore[arg-type]  # a test's shorthand


class _Inner(VendorModel):
    url: Text = ""
    lone = "url"


class _Task(VendorModel):
    id: Text
    state: Word = ""
    size: Number = None
    done: Flag = False
    outputs: Many[_Inner] = ()
    counts: dict[str, int] = Field(default_factory=dict)


class _Bare(VendorModel):
    words: Text = ""


class _Wrapped(VendorModel):
    data: _Task
    inner = "data"


def test_calls_are_named_as_logs_name_them() -> None:
    assert [call.value for call in Call] == ["submit", "ask", "check"]


@pytest.mark.parametrize(
    ("status", "ok"), [(199, False), (200, True), (299, True), (300, False), (404, False), (500, False)]
)
def test_an_answer_is_well_from_200_to_299(*, status: int, ok: bool) -> None:
    assert answer(status=status).ok is ok


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'{"id": 7, "state": "DONE", "size": "3", "done": "yes", "outputs": ["a"]}',
         {"id": "7", "state": "done", "size": 3.0, "done": True, "outputs": (_Inner(url="a"),)}),
        (b'[{"id": "a"}]', {"id": "a", "state": "", "size": None, "done": False, "outputs": ()}),
        (b'\xef\xbb\xbf{"id": "a", "outputs": {"url": "b"}}', {"id": "a", "outputs": (_Inner(url="b"),)}),
        (b'{"id": "a", "size": "many", "done": 2, "outputs": 7, "counts": [7]}',
         {"size": None, "done": False, "outputs": (), "counts": {}}),
        (b'{"id": "a", "outputs": [{"words": "c"}]}', {"outputs": (_Inner(),)}),
        (b'{"id": "a", "outputs": [{"message": "c"}]}', {"outputs": (_Inner(url="c"),)}),
    ],
)  # fmt: skip
def test_a_body_is_read_in_every_shape(body: bytes, found: dict[str, object]) -> None:
    task = read(answer(body), _Task)
    assert {name: getattr(task, name) for name in found} == found
    assert read(answer(b'{"id": "b"}'), _Wrapped).data.id == "b"
    assert _Task.model_validate(task) is task
    assert read(answer(b'{"data": {"id": "c"}, "id": "b"}'), _Wrapped).data.id == "c"


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"null", b"[]", b'{"state": "done"}'])
def test_an_unreadable_body_is_an_unknown_outcome_of_a_submit_alone(body: bytes) -> None:
    with pytest.raises(OutcomeUnknown):
        read(answer(body, call=Call.SUBMIT), _Task)
    for call in (Call.ASK, Call.CHECK):
        with pytest.raises(TryLater) as caught:
            read(answer(body, call=call, status=206), _Task)
        assert caught.value.error_class is E.TRANSIENT_SERVER
        assert caught.value.detail.startswith("HTTP 206: an unreadable body: ")
    assert glean(answer(body), _Bare) == _Bare()


def test_what_could_not_be_read_is_named() -> None:
    assert glean(answer(b'{"words": 7}'), _Bare) == _Bare(words="7")
    with pytest.raises(TryLater, match=r"HTTP 200: an unreadable body: data.id Field required"):
        read(answer(b'{"data": 7}'), _Wrapped)
    with pytest.raises(TryLater, match=r"HTTP 200: an unreadable body: no JSON"):
        read(answer(b"{"), _Task)
    with pytest.raises(TryLater, match=r"HTTP 200: an unreadable body: id Field required"):
        read(answer(b"{}"), _Task)
    with pytest.raises(ValueError, match=r"EOF"):
        body_of(answer(b"{"))


def test_unreadable_answers_are_logged_by_their_shape_once_an_hour() -> None:
    clock = [NOW]
    noted = Unread(route="wan.fal", clock=lambda: clock[0])
    with capture_logs() as logs:
        for seconds in (0, 1, 3599, 3600, 7199, 7200):
            clock[0] = NOW + seconds
            unread(answer(b'{"a": "secret"}', status=201, unread=noted), f"no id {seconds}")
    assert [line["why"] for line in logs] == ["no id 0", "no id 3600", "no id 7200"]
    assert {key: logs[0][key] for key in ("event", "route", "status", "shape", "log_level")} == {
        "event": "provider.unread", "route": "wan.fal", "status": 201, "shape": "{a: text}", "log_level": "warning",
    }  # fmt: skip
    assert "Unread" not in repr(answer(unread=noted))


def test_a_success_without_a_video_is_a_failure_that_is_logged() -> None:
    ended = without_video("succeeded without a video")
    assert (ended.error.error_class, ended.error.vendor_code) == (E.TRANSIENT_SERVER, "no_video")
    others = (TaskRunning(), TaskFailed(provider_error(E.TRANSIENT_SERVER, "x", vendor_code="7")))
    with capture_logs() as logs:
        for poll in (ended, *others):
            assert shown(answer(b"[]", unread=Unread(route="r")), poll) is poll
            assert shown(answer(b"[]"), poll) is poll
    assert [(line["why"], line["shape"]) for line in logs] == [("succeeded without a video", "[0]")]


@pytest.mark.parametrize(
    ("found", "passes"),
    [("a", True), ("!~", True), ("x" * 400, True), ("x" * 401, False), ("", False), ("a b", False),
                          ("a\x7f", False), ("é", False), ("a\n", False)],
)  # fmt: skip
def test_an_id_of_a_task_is_printable_and_not_too_long(*, found: str, passes: bool) -> None:
    if passes:
        assert task_id(answer(call=Call.SUBMIT), found) == found
        return
    with pytest.raises(OutcomeUnknown, match="no task id"):
        task_id(answer(call=Call.SUBMIT), found)


def test_what_a_status_means_where_no_code_says_it() -> None:
    meanings = {
        E.INVALID_REQUEST: (400, 413, 422), E.AUTH: (401, 403), E.QUOTA_EXHAUSTED: (402,), E.RATE_LIMITED: (429,),
        E.CAPACITY: (503, 529), E.TRANSIENT_SERVER: (404, 408, 409, 500, 502, 504, 200),
    }  # fmt: skip
    for meaning, statuses in meanings.items():
        assert {by_status(status) for status in statuses} == {meaning}


def test_a_code_with_dots_is_found_by_its_longest_known_beginning() -> None:
    classes = {"A": E.AUTH, "A.B": E.CAPACITY, "C.D": E.TIMEOUT}
    codes = ("A", "A.B", "A.B.C", "A.C", "C.D.E", "C", "B", "AB", "")
    assert [by_prefix(code, classes) for code in codes] == [
        E.AUTH, E.CAPACITY, E.CAPACITY, E.AUTH, E.TIMEOUT, None, None, None, None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("call", "status", "given", "meant"),
    [
        (Call.SUBMIT, 200, E.TRANSIENT_SERVER, E.OUTCOME_UNKNOWN),
        (Call.SUBMIT, 500, E.TRANSIENT_SERVER, E.OUTCOME_UNKNOWN),
        (Call.SUBMIT, 500, E.TIMEOUT, E.OUTCOME_UNKNOWN), (Call.SUBMIT, 500, E.CAPACITY, E.CAPACITY),
        (Call.SUBMIT, 299, E.TRANSIENT_SERVER, E.OUTCOME_UNKNOWN),
        (Call.SUBMIT, 300, E.TRANSIENT_SERVER, E.TRANSIENT_SERVER),
        (Call.SUBMIT, 404, E.TRANSIENT_SERVER, E.TRANSIENT_SERVER), (Call.SUBMIT, 499, E.TIMEOUT, E.OUTCOME_UNKNOWN),
        (Call.SUBMIT, 408, E.TIMEOUT, E.OUTCOME_UNKNOWN), (Call.SUBMIT, 409, E.TRANSIENT_SERVER, E.OUTCOME_UNKNOWN),
        (Call.SUBMIT, 410, E.TIMEOUT, E.TIMEOUT), (Call.ASK, 500, E.TRANSIENT_SERVER, E.TRANSIENT_SERVER),
        (Call.CHECK, 500, E.TIMEOUT, E.TIMEOUT), (Call.ASK, 404, E.MODEL_GONE, E.TASK_GONE),
        (Call.SUBMIT, 404, E.MODEL_GONE, E.MODEL_GONE), (Call.CHECK, 404, E.MODEL_GONE, E.MODEL_GONE),
    ],
)  # fmt: skip
def test_a_failed_submit_may_have_started_the_task(call: Call, status: int, given: E, meant: E) -> None:
    assert refusal(answer(call=call, status=status), given).error_class is meant


def test_a_refusal_says_what_the_vendor_said() -> None:
    said = refusal(answer(status=429, retry_after_s=7.0), E.RATE_LIMITED, code="c" * 101, detail="slow down")
    assert (said.detail, said.vendor_code) == ("slow down", "c" * 100)
    assert isinstance(said, TryLater)
    assert said.retry_after_s == 7.0
    bare = refusal(answer(status=400), E.INVALID_REQUEST)
    assert (bare.detail, bare.vendor_code, type(bare)) == ("HTTP 400", "400", WontWork)
    assert [lost(call, "x").error_class for call in Call] == [E.OUTCOME_UNKNOWN, E.TRANSIENT_SERVER, E.TRANSIENT_SERVER]
    assert lost(Call.ASK, "x", error_class=E.TIMEOUT).error_class is E.TIMEOUT
    assert isinstance(lost(Call.SUBMIT, "x", error_class=E.TIMEOUT), ProviderError)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None), ({"retry-after": ""}, None), ({"retry-after": "soon"}, None), ({"retry-after": "-1"}, None),
        ({"retry-after": "0"}, 0.0), ({"retry-after": " 7 "}, 7.0), ({"retry-after": "7.5"}, 7.5),
        ({"retry-after": "3600"}, 3600.0), ({"retry-after": "3601"}, 3600.0), ({"retry-after": "²"}, None),
        ({"retry-after-ms": "1500"}, 1.5), ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after-ms": "x", "retry-after": "9"}, 9.0), ({"retry-after-ms": "3600001"}, 3600.0),
        ({"retry-after": "Fri, 15 Jan 2027 08:00:30 GMT"}, 30.0),
        ({"retry-after": "Fri, 15 Jan 2027 08:00:30"}, 30.0),
        ({"retry-after": "Fri, 15 Jan 2027 07:59:59 GMT"}, 0.0),
        ({"retry-after": "Fri, 15 Jan 2027 10:00:00 GMT"}, 3600.0),
    ],
)  # fmt: skip
def test_how_long_a_vendor_asks_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_s(headers, now=NOW) == seconds


def test_a_date_without_a_zone_is_in_utc_wherever_we_are(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        found = retry_after_s({"retry-after": "Fri, 15 Jan 2027 08:00:30"}, now=NOW)
    time.tzset()
    assert found == 30.0


def test_a_link_expires_after_what_the_vendor_says_or_from_now() -> None:
    hour, start = 3600.0, NOW
    for made_at, begins in (
        (None, start), (0.0, start), (-5.0, start), (1.0, 1.0), (start - 10, start - 10),
        (start + 3599, start + 3599),
        (start + hour, start), (start + 9999, start),
    ):  # fmt: skip
        assert after(made_at, hours=2, now=NOW) == datetime.fromtimestamp(begins + 7200, UTC)
