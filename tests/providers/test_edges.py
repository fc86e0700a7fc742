"""The edges of what vendors answer: how long a link lasts, what was billed, which task of a list is ours.

One table for all routes; the rest of what a vendor says is in its own test file.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.domain.errors import ErrorClass, ProviderError
from core.domain.ids import RouteKey
from core.http.client import HttpSettings
from core.ports import Cancelled, Poll, TaskFailed, TaskRunning, TaskSucceeded, VideoRoute
from core.providers import hailuo, hailuo_v2, kling, omni, seedance, veo, wan
from core.providers.adapter import RouteConfig
from core.providers.registry import settings
from tests.providers.harness import KEY, NOW, SENT_AT, Reply, Vendor, adapter, entry, job, offer, ok

URL = "https://cdn.example/v.mp4"
HOUR = 3600


def reached(key: str, *answers: Reply, model: str | None = None) -> tuple[VideoRoute, Vendor]:
    vendor = Vendor(list(answers))
    return adapter(key, vendor, RouteConfig(api_key=KEY, model=model)), vendor


def ark(status: str = "succeeded", **more: Any) -> dict[str, Any]:
    return {"id": "t", "status": status, "content": {"video_url": URL}, **more}


def mini(status: str = "succeeded", **more: Any) -> dict[str, Any]:
    return {"task": {"id": "t", "status": status, "content": {"video_url": URL}, **more}}


def kling_task(status: str = "succeeded", **more: Any) -> dict[str, Any]:
    return {"id": "t", "status": status, "outputs": [{"type": "video", "url": URL}], **more}


def kling_list(*tasks: dict[str, Any]) -> dict[str, Any]:
    return {"code": 0, "data": list(tasks)}


def spent(model: str, **tokens: int) -> dict[str, Any]:
    by = [{"modality": name, "tokens": n} for name, n in tokens.items()]
    return {
        "id": "t", "model": model, "status": "completed", "outputs": [{"type": "video", "uri": URL}],
        "usage": {"output_tokens_by_modality": by},
    }  # fmt: skip


async def polled(key: str, body: Any, model: str | None = None) -> Poll:
    route, _ = reached(key, ok(body), model=model)
    return await route.poll("t")


@pytest.mark.parametrize(
    ("key", "body", "after_s"),
    [
        ("kling.api", kling_list(kling_task(update_time=(NOW - 100) * 1000)), 720 * HOUR - 100),
        ("kling.api", kling_list(kling_task()), 720 * HOUR),
        ("kling.api", kling_list(kling_task(update_time=0)), 720 * HOUR),
        ("seedance.ark", ark(updated_at=NOW - 100), 24 * HOUR - 100),
        ("seedance.ark", ark(), 24 * HOUR),
        ("hailuo.api2", mini(updated_at=NOW - 100), HOUR),
    ],
)
async def test_how_long_a_link_lasts(key: str, body: Any, after_s: float) -> None:
    found = await polled(key, body)
    assert isinstance(found, TaskSucceeded)
    assert found.clip.url == URL
    assert found.clip.expires_at == datetime.fromtimestamp(NOW, UTC) + timedelta(seconds=after_s)


@pytest.mark.parametrize(
    ("key", "model", "body", "usd_micros"),
    [
        ("seedance.ark", None, ark(usage={"completion_tokens": 1000}), 3_500),
        ("seedance.ark", "seedance-1-5-pro", ark(usage={"completion_tokens": 1000}), 2_400),
        ("seedance.ark", "seedance-1-5-pro", ark(usage={"completion_tokens": 1000}, generate_audio=True), 2_400),
        ("seedance.ark", "seedance-1-5-pro", ark(usage={"completion_tokens": 1000}, generate_audio=False), 1_200),
        ("seedance.ark2", None, ark(usage={"completion_tokens": 1000}), 7_000),
        ("seedance.ark2", None, ark(usage={"completion_tokens": 1000}, resolution="1080p"), 7_700),
        ("seedance.ark2", None, ark(usage={"completion_tokens": 1000}, resolution="4K"), 4_000),
        ("seedance.ark", "seedance-2-0-fast", ark(usage={"completion_tokens": 1000}), 5_600),
        ("seedance.ark", "seedance-2-5", ark(usage={"completion_tokens": 1000}), 10_700),
        ("seedance.ark", None, ark(usage={"completion_tokens": 0}), None),
        ("seedance.ark", None, ark(), None),
        ("hailuo.api2", None, mini(model="MiniMax-H3", resolution="768P", usage={"output_seconds": 6}), 480_000),
        ("hailuo.api2", None, mini(model="MiniMax-H3", resolution="2K", usage={"output_seconds": 6}), 780_000),
        ("hailuo.api2", None, mini(model="MiniMax-H3-Max", resolution="480P", usage={"output_seconds": 6}), 300_000),
        ("hailuo.api2", None, mini(model="MiniMax-H3-Max", resolution="768P", usage={"output_seconds": 6}), 480_000),
        ("hailuo.api2", None, mini(model="MiniMax-H3", resolution="8K", usage={"output_seconds": 6}), None),
        ("hailuo.api2", None, mini(model="MiniMax-H3", resolution="2K", usage={"output_seconds": 0}), None),
        ("hailuo.api2", None, mini(model="MiniMax-H3", resolution="2K"), None),
        ("veo.omni", None, spent("gemini-omni-1.2-flash", video=1000, text=50), 12_000),
        ("veo.omni", None, spent("gemini-omni-1.1-flash", video=1000), 17_500),
        ("veo.omni", None, spent("gemini-omni-1.2-flash", text=50), None),
    ],
)
async def test_what_was_billed(key: str, model: str | None, body: Any, usd_micros: int | None) -> None:
    found = await polled(key, body, model)
    assert isinstance(found, TaskSucceeded)
    assert found.usd_micros == usd_micros


@pytest.mark.parametrize(
    ("key", "body", "error"),
    [
        ("kling.api", kling_list(kling_task("failed", message=word)), ErrorClass.CONTENT_POLICY)
        for word in ("a RISK", "policy", "sensitive", "safety", "violated", "prohibited", "by moderation")
    ]
    + [
        ("kling.api", kling_list(kling_task("failed", message="no")), ErrorClass.TRANSIENT_SERVER),
        ("seedance.ark", ark("cancelled"), ErrorClass.CANCELLED),
        ("seedance.ark", ark("canceled"), ErrorClass.CANCELLED),
        ("seedance.ark", ark("expired"), ErrorClass.TIMEOUT),
        ("seedance.ark", ark("failed"), ErrorClass.TRANSIENT_SERVER),
        ("hailuo.api2", mini("fail"), ErrorClass.TRANSIENT_SERVER),
        ("hailuo.api2", mini("failed", error={"message": "no (1026)"}), ErrorClass.CONTENT_POLICY),
        ("hailuo.api2", mini("cancelled"), ErrorClass.CANCELLED),
        ("hailuo.api2", mini("canceled"), ErrorClass.CANCELLED),
        ("hailuo.api2", mini("expired"), ErrorClass.TIMEOUT),
        ("veo.omni", {"id": "t", "status": "budget_exceeded"}, ErrorClass.QUOTA_EXHAUSTED),
        ("veo.omni", {"id": "t", "status": "cancelled"}, ErrorClass.CANCELLED),
        ("veo.omni", {"id": "t", "status": "completed", "outputs": [{"type": "text", "text": "I cannot"}]},
         ErrorClass.CONTENT_POLICY),
        *(("veo.omni", {"id": "t", "status": status}, ErrorClass.TRANSIENT_SERVER)
          for status in ("failed", "incomplete", "requires_action", "requires_continuation")),
        ("veo.gemini", {"name": "n", "done": True, "response": {"raiMediaFilteredCount": 1}},
         ErrorClass.CONTENT_POLICY),
        ("veo.gemini", {"name": "n", "done": True, "response": {"raiMediaFilteredReasons": ["because"]}},
         ErrorClass.CONTENT_POLICY),
    ],
)  # fmt: skip
async def test_why_a_task_ended_without_a_video(key: str, body: Any, error: ErrorClass) -> None:
    found = await polled(key, body)
    assert isinstance(found, TaskFailed)
    assert found.error.error_class is error


@pytest.mark.parametrize("status", ["succeeded", "succeed"])
async def test_kling_spells_success_in_two_ways(status: str) -> None:
    assert isinstance(await polled("kling.api", kling_list(kling_task(status))), TaskSucceeded)


@pytest.mark.parametrize("status", ["succeeded", "success", "completed"])
async def test_minimax_spells_success_in_three_ways(status: str) -> None:
    assert isinstance(await polled("hailuo.api2", mini(status)), TaskSucceeded)


@pytest.mark.parametrize("status", ["success", "succeeded"])
async def test_hailuo_spells_success_in_two_ways_and_may_give_the_address_at_once(status: str) -> None:
    for file_id in ("", "0", 0):
        found = await polled("hailuo.api", {"status": status, "file_id": file_id, "video_url": URL})
        assert isinstance(found, TaskSucceeded)
        assert found.clip.expires_at == datetime.fromtimestamp(NOW + HOUR, UTC)
    route, vendor = reached("hailuo.api", ok({"status": status, "file_id": "77"}), ok({"file": {"download_url": URL}}))
    assert isinstance(await route.poll("t"), TaskSucceeded)
    assert [(r.url.path, dict(r.url.params)) for r in vendor.requests] == [
        ("/v1/query/video_generation", {"task_id": "t"}), ("/v1/files/retrieve", {"file_id": "77"}),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("key", "answer", "path", "query"),
    [
        ("kling.api", {"code": 0, "data": []}, "/tasks", {"external_task_ids": "neverdark-check"}),
        ("seedance.ark", {"items": []}, "/api/v3/contents/generations/tasks", {"page_num": "1", "page_size": "1"}),
        ("hailuo.api", {"base_resp": {"status_code": 0}}, "/v1/query/video_generation", {"task_id": "0"}),
        ("hailuo.api2", {"items": []}, "/v2/query/video_generation", {"page_num": "1", "page_size": "1"}),
        ("wan.dashscope", {"data": [], "total": 0}, "/api/v1/tasks", {"page_no": "1", "page_size": "1"}),
    ],
)
async def test_a_check_asks_for_the_least_there_is(key: str, answer: Any, path: str, query: dict[str, str]) -> None:
    route, vendor = reached(key, ok(answer))
    await route.check()
    (asked,) = vendor.requests
    assert (asked.method, asked.url.path, dict(asked.url.params)) == ("GET", path, query)


async def test_kling_tells_of_many_tasks_in_one_answer() -> None:
    answer = kling_list(kling_task(id="a"), kling_task("processing", id="b"), kling_task("", id="d"))
    route, vendor = reached("kling.api", ok(answer))
    found = await route.poll_many(["a", "b", "c", "d"])  # type: ignore[attr-defined]  # Kling has it
    assert dict(vendor.requests[0].url.params) == {"task_ids": "a,b,c,d"}
    assert isinstance(found["a"], TaskSucceeded)
    assert isinstance(found["b"], TaskRunning)
    assert [found[name].error_class for name in "cd"] == [ErrorClass.TASK_GONE, ErrorClass.TRANSIENT_SERVER]
    one = await route.poll_many(["b"])  # type: ignore[attr-defined]  # as above
    assert list(one) == ["b"]
    assert dict(vendor.requests[1].url.params) == {"task_ids": "b"}


async def test_kling_takes_an_answer_without_an_id_for_the_one_task_that_was_asked_for() -> None:
    nameless = {**kling_task("processing"), "id": ""}
    assert isinstance(await polled("kling.api", kling_list(nameless)), TaskRunning)
    for tasks in ((nameless, nameless), (kling_task(id="other"),), ()):
        with pytest.raises(ProviderError) as caught:
            await polled("kling.api", kling_list(*tasks))
        assert caught.value.error_class is ErrorClass.TASK_GONE


@pytest.mark.parametrize(
    ("bills", "usd_micros"),
    [
        ([{"charge_type": "unit", "amount": "1"}], 140_000),
        ([{"charge_type": "unit", "amount": "1"}, {"charge_type": "cash", "amount": 1}], 1_140_000),
        ([{"charge_type": "cash", "amount": 1, "currency": "EUR"}], None),
        ([], None),
    ],
)
async def test_every_bill_of_kling_counts(bills: list[Any], usd_micros: int | None) -> None:
    found = await polled("kling.api", kling_list(kling_task(billing=bills)))
    assert isinstance(found, TaskSucceeded)
    assert found.usd_micros == usd_micros


SENT = SENT_AT.timestamp()


def stamp(at: float) -> str:
    return datetime.fromtimestamp(at + 8 * HOUR, UTC).strftime("%Y-%m-%d %H:%M:%S")


@pytest.mark.parametrize(
    ("after_s", "is_ours"), [(-4, False), (-3, True), (0, True), (30, True), (31, False)]
)  # fmt: skip
async def test_a_task_is_adopted_that_began_when_ours_did(*, after_s: float, is_ours: bool) -> None:
    wans = {"data": [{"task_id": "w", "gmt_create": stamp(SENT + after_s), "status": "RUNNING"}], "total": 1}
    minis = {"items": [{"id": "w", "created_at": SENT + after_s, "model": "MiniMax-H3"}], "total": 1}
    for key, body in (("wan.dashscope", wans), ("hailuo.api2", minis)):
        route, _ = reached(key, ok(body))
        assert await route.find(job(offer(key)), sent_at=SENT_AT) == ("w" if is_ours else None), key


async def test_a_task_of_another_model_is_not_ours() -> None:
    minis = {"items": [{"id": "w", "created_at": SENT, "model": "MiniMax-H3-Max"}], "total": 1}
    wans = {"data": [{"task_id": "w", "gmt_create": stamp(SENT), "model_name": "qwen"}], "total": 1}
    for key, body in (("wan.dashscope", wans), ("hailuo.api2", minis)):
        route, _ = reached(key, ok(body))
        assert await route.find(job(offer(key)), sent_at=SENT_AT) is None


@pytest.mark.parametrize(("after_s", "is_ours"), [(-31, False), (-30, True), (60, True)])
async def test_seedance_knows_its_task_by_the_id_that_we_gave(*, after_s: float, is_ours: bool) -> None:
    made = job(offer("seedance.ark"))
    named = {"id": "s", "safety_identifier": made.external_id.hex, "created_at": SENT + after_s}
    route, vendor = reached("seedance.ark", ok({"items": [named]}))
    assert await route.find(made, sent_at=SENT_AT) == ("s" if is_ours else None)
    assert dict(vendor.requests[0].url.params) == {"page_num": "1", "page_size": "200"}
    for foreign in ({**named, "safety_identifier": "x", "seed": 203370045}, {"id": "s", "seed": 203370045}):
        other, _ = reached("seedance.ark", ok({"items": [foreign]}))
        assert await other.find(made, sent_at=SENT_AT) is None


@pytest.mark.parametrize(
    ("key", "page", "size", "pages"),
    [("seedance.ark", "items", 200, 5), ("wan.dashscope", "data", 100, 10), ("hailuo.api2", "items", 100, 3)],
)
async def test_a_list_is_read_to_a_bound_and_proves_nothing_beyond_it(
    key: str, page: str, size: int, pages: int
) -> None:
    late = [
        {"id": f"{n}", "task_id": f"{n}", "created_at": SENT + 999, "gmt_create": stamp(SENT + 999)}
        for n in range(size)
    ]
    route, vendor = reached(key, ok({page: late}))
    assert await route.find(job(offer(key)), sent_at=SENT_AT) is None
    assert len(vendor.requests) == pages
    short, asked = reached(key, ok({page: late[:-1], "total": size - 1}))
    assert await short.find(job(offer(key)), sent_at=SENT_AT) is None
    assert len(asked.requests) == 1


@pytest.mark.parametrize(
    ("key", "state", "status", "became"),
    [
        ("seedance.ark", "cancelled", 200, Cancelled.YES), ("seedance.ark", "running", 200, Cancelled.TOO_LATE),
        ("seedance.ark", "queued", 200, Cancelled.YES), ("seedance.ark", "queued", 409, Cancelled.TOO_LATE),
        ("hailuo.api2", "cancelled", 200, Cancelled.YES), ("hailuo.api2", "canceled", 200, Cancelled.YES),
        ("hailuo.api2", "running", 200, Cancelled.TOO_LATE), ("hailuo.api2", "queued", 200, Cancelled.YES),
        ("hailuo.api2", "queued", 400, Cancelled.TOO_LATE),
    ],
)  # fmt: skip
async def test_only_what_still_waits_is_deleted(key: str, state: str, status: int, became: Cancelled) -> None:
    route, vendor = reached(key, ok({"id": "t", "status": state}), ok({}, status))
    assert await route.cancel("t") is became
    assert [request.method for request in vendor.requests] == ["GET", "DELETE"][: 2 if state == "queued" else 1]


@pytest.mark.parametrize(
    ("status", "became"), [(200, Cancelled.YES), *((n, Cancelled.TOO_LATE) for n in (400, 404, 409))]
)
async def test_wan_says_by_its_status_whether_it_was_too_late(status: int, became: Cancelled) -> None:
    route, vendor = reached("wan.dashscope", ok({"request_id": "r"}, status))
    assert await route.cancel("t/1") is became
    assert vendor.requests[0].url.raw_path == b"/api/v1/tasks/t%2F1/cancel"


@pytest.mark.parametrize(
    ("key", "task", "path"),
    [
        ("hailuo.api2", "t/../1", b"/v2/query/video_generation/t%2F..%2F1"),
        ("kling.legacy", "text2video/a/../b", b"/v1/videos/text2video/a%2F..%2Fb"),
        ("seedance.ark", "t/../1", b"/api/v3/contents/generations/tasks/t%2F..%2F1"),
        ("veo.replicate", "t/../1", b"/v1/predictions/t%2F..%2F1"),
        ("wan.dashscope", "t/../1", b"/api/v1/tasks/t%2F..%2F1"),
    ],
)  # fmt: skip
async def test_a_poll_stays_at_its_tasks_whatever_the_id_is(key: str, task: str, path: bytes) -> None:
    route, vendor = reached(key, ok({}, 404))
    with pytest.raises(ProviderError):
        await route.poll(task)
    assert vendor.requests[0].url.raw_path == path


def test_bounds_and_words_of_the_adapters() -> None:
    assert (kling.POLLS_AT_ONCE, kling.LINK_HOURS, kling.UNIT_USD_MICROS) == (20, 720, 140_000)
    assert (hailuo.LINK_HOURS, hailuo.SUCCESSOR, wan.SUCCESSOR) == (1, "MiniMax-H3", "wan2.7-t2v")
    assert (hailuo_v2.FIND_BEFORE_S, hailuo_v2.FIND_AFTER_S, wan.FIND_BEFORE_S, wan.FIND_AFTER_S) == (3, 30, 3, 30)
    assert (seedance.FIND_PAGE, seedance.FIND_PAGES_MAX, seedance.CLOCKS_APART_S) == (200, 5, 30)
    assert not omni.makes("gemini-omni-1.1-flash").last_frame
    assert veo.CAPABILITIES.follows_frame is False


def test_what_a_check_cannot_tell_is_said() -> None:
    for key, vendor in (("veo.gemini", "Google"), ("veo.omni", "Google"), ("hailuo.api", "MiniMax")):
        line = entry(key)
        facts = line.build(settings(line, {RouteKey(key): RouteConfig(api_key="k")}), HttpSettings()).facts
        assert facts.check_lacks is not None
        assert facts.check_lacks.startswith(f"{vendor} has no free read")
