"""DashScope, down to its bodies: what it takes unread, how it fails late, and what it forgets."""

import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.vendors import End
from sandbox.world import FaultKind
from tests.sandbox.vendors.drivers import DashScope
from tests.sandbox.vendors.harness import Rig, data_uri, look, picture

FRAME = data_uri(picture("green", (900, 600)))
STAMP = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}")


async def test_a_create_wants_the_async_header(rig: Rig) -> None:
    url = f"{rig.url}/vendors/dashscope/api/v1/services/aigc/video-generation/video-synthesis"
    response = await rig.http.post(url, json={}, headers={"authorization": "Bearer k"})
    assert (response.status_code, response.json()["code"]) == (403, "AccessDenied")


async def test_created_waiting_and_done_look_as_documented(rig: Rig) -> None:
    client = DashScope(rig)
    response = await client.submit(size="480*832", seed=7, duration=5, prompt_extend=False, watermark=False)
    body = response.json()
    assert set(body) == {"request_id", "output"}
    assert body["output"]["task_status"] == "PENDING"
    task_id = client.task_id(response)
    seen = await client.finish(task_id)
    done = (await client.ask(task_id)).json()
    assert done["usage"] == {"video_count": 1, "video_duration": 5, "video_ratio": "480*832"}
    assert done["output"]["orig_prompt"] == "a red fox"
    for name in ("submit_time", "scheduled_time", "end_time"):
        assert STAMP.fullmatch(done["output"][name])
    here = datetime.strptime(done["output"]["submit_time"], "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC)
    assert abs((here - timedelta(hours=8)).timestamp() - time.time()) < 30
    assert look(await client.download(seen)).audio == ""


@pytest.mark.parametrize(
    "parameters",
    [
        {"duration": 4},
        {"duration": "5"},
        {"duration": True},
        {"size": "1280*720"},
        {"size": "1080P"},
        {"seed": -1},
        {"seed": 2**31},
        {"prompt_extend": "yes"},
    ],
)
async def test_a_wrong_parameter_is_taken_and_fails_late(rig: Rig, parameters: dict[str, Any]) -> None:
    client = DashScope(rig)
    task_id = await client.start_with(**parameters)
    assert (await client.finish(task_id)).state == "failed"
    output = (await client.ask(task_id)).json()["output"]
    assert (output["task_status"], output["code"]) == ("FAILED", "InvalidParameter")
    assert output["message"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"input": {"prompt": "x"}}, 400, "InvalidParameter"),
        ({"model": "wan9", "input": {"prompt": "x"}}, 404, "ModelNotFound"),
        ({"model": "wan2.2-t2v-plus"}, 400, "InvalidParameter"),
        ({"model": "wan2.2-t2v-plus", "input": "x"}, 400, "InvalidParameter"),
        ({"model": "wan2.2-kf2v-flash", "input": {"first_frame_url": FRAME}}, 400, "InvalidParameter"),
        (["x"], 400, "InvalidParameter"),
    ],
)
async def test_what_a_create_does_look_at(rig: Rig, body: Any, status: int, code: str) -> None:
    response = await DashScope(rig).post(body)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert set(response.json()) == {"code", "message", "request_id"}


async def test_long_prompts_are_cut_silently(rig: Rig) -> None:
    client = DashScope(rig)
    task_id = await client.start("x" * 900)
    await client.finish(task_id)
    assert len((await client.ask(task_id)).json()["output"]["orig_prompt"]) == 800


async def test_a_first_frame_gives_shape_and_look(rig: Rig) -> None:
    client = DashScope(rig)
    body = {
        "model": "wan2.2-i2v-plus",
        "input": {"prompt": "x", "img_url": FRAME},
        "parameters": {"resolution": "480P"},
    }
    video = look(await client.download(await client.finish(client.task_id(await client.post(body)))))
    assert video.size[0] / video.size[1] == pytest.approx(1.5, rel=0.02)
    assert video.pictures[0].getpixel((100, 60))[1] > 90  # type: ignore[index]  # an RGB pixel


async def test_first_and_last_frame_go_another_way(rig: Rig) -> None:
    client = DashScope(rig)
    given = {"prompt": "x", "first_frame_url": FRAME, "last_frame_url": FRAME}
    body = {"model": "wan2.2-kf2v-flash", "input": given, "parameters": {"resolution": "720P"}}
    task_id = client.task_id(await client.post(body, "image2video"))
    assert (await client.finish(task_id)).state == "succeeded"


@pytest.mark.parametrize(
    "source", ["no url", data_uri(picture(size=(300, 300))), "http://127.0.0.1:9/x.png", "oss://x/y"]
)
async def test_an_image_that_cannot_be_used_fails_late(rig: Rig, source: str) -> None:
    client = DashScope(rig)
    body = {"model": "wan2.2-i2v-plus", "input": {"prompt": "x", "img_url": source}}
    assert (await client.finish(client.task_id(await client.post(body)))).state == "failed"


async def test_unknown_ids_and_those_of_yesterday_are_unknown_for_ever(rig: Rig) -> None:
    client = DashScope(rig)
    response = await client.ask("0385dc79")
    assert response.status_code == 200
    assert response.json()["output"] == {"task_id": "0385dc79", "task_status": "UNKNOWN"}
    task_id = await client.start()
    await client.finish(task_id)
    rig.clock.skipped_s = 86400 + 60
    assert (await client.ask(task_id)).json()["output"]["task_status"] == "UNKNOWN"


async def test_a_task_can_fail_without_a_code(rig: Rig) -> None:
    client = DashScope(rig)
    rig.vendors.stores["wan"].plan(End.MUTE)
    task_id = await client.start()
    await client.finish(task_id)
    output = (await client.ask(task_id)).json()["output"]
    assert output["task_status"] == "FAILED"
    assert not {"code", "message"} & set(output)


async def test_only_what_is_pending_can_be_cancelled(rig: Rig) -> None:
    client = DashScope(rig)

    async def cancel(task_id: str) -> Any:
        return await rig.http.post(f"{client.base}/api/v1/tasks/{task_id}/cancel", headers=client.headers)

    rig.world.factor = 0.1
    task_id = await client.start()
    assert (await cancel(task_id)).status_code == 200
    assert (await client.ask(task_id)).json()["output"]["task_status"] == "CANCELED"
    assert (await cancel(task_id)).json()["code"] == "UnsupportedOperation"
    rig.world.factor = 2000
    rig.world.switch("wan", FaultKind.HANG)
    running = await client.start()
    await rig.settled(lambda: rig.asked("wan")["tasks"][-1]["state"] == "running")
    assert (await cancel(running)).status_code == 400


async def test_the_list_filters_and_pages(rig: Rig) -> None:
    client = DashScope(rig)
    rig.vendors.stores["wan"].plan(End.FAIL)
    ids = [await client.start() for _ in range(3)]
    await rig.settled(lambda: all(task["state"] in {"failed", "succeeded"} for task in rig.asked("wan")["tasks"]))

    async def page(query: str) -> Any:
        return (await rig.http.get(f"{client.base}/api/v1/tasks?{query}", headers=client.headers)).json()

    first = await page("page_no=1&page_size=2&model_name=wan2.2-t2v-plus")
    assert ([row["task_id"] for row in first["data"]], first["total"], first["total_page"]) == (ids[:0:-1], 3, 2)
    assert [row["task_id"] for row in (await page("status=FAILED"))["data"]] == ids[:1]
    assert (await page("model_name=other"))["data"] == []


async def test_an_upload_can_be_used_by_its_oss_name(rig: Rig) -> None:
    client = DashScope(rig)
    url = f"{client.base}/api/v1/uploads?action=getPolicy&model=wan2.2-i2v-plus"
    policy = (await rig.http.get(url, headers=client.headers)).json()["data"]
    assert policy["upload_host"] == f"{client.base}/oss"
    key = f"{policy['upload_dir']}/first.png"
    form = {"key": key, "Signature": policy["signature"], "policy": policy["policy"], "success_action_status": "200"}
    files = {"file": ("first.png", picture("green", (900, 600)), "image/png")}
    assert (await rig.http.post(policy["upload_host"], data=form, files=files)).status_code == 200
    forged = {**form, "Signature": "other"}
    assert (await rig.http.post(policy["upload_host"], data=forged, files=files)).status_code == 403
    body = {"model": "wan2.2-i2v-plus", "input": {"prompt": "x", "img_url": f"oss://{key}"}}
    headers = {**client.headers, "x-dashscope-ossresourceresolve": "enable"}
    path = f"{client.base}/api/v1/services/aigc/video-generation/video-synthesis"
    good = await rig.http.post(path, json=body, headers=headers)
    assert (await client.finish(client.task_id(good))).state == "succeeded"
    assert (await client.finish(client.task_id(await client.post(body)))).state == "failed"


@pytest.mark.parametrize(
    ("key", "status", "code"), [("poor-x", 400, "Arrearage"), ("poor-free-x", 403, "AllocationQuota.FreeTierOnly")]
)
async def test_money_has_two_codes(rig: Rig, key: str, status: int, code: str) -> None:
    response = await DashScope(rig, key).submit()
    assert (response.status_code, response.json()["code"]) == (status, code)
