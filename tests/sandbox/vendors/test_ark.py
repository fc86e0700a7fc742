"""Ark, down to its bodies: nulls, roles, suffixes, lists with dotted filters, deletes, callbacks."""

import asyncio
from typing import Any

import httpx
import pytest

from sandbox.vendors import End
from sandbox.vendors.ark.models import tokens
from sandbox.world import FaultKind
from tests.sandbox.vendors.drivers import Ark
from tests.sandbox.vendors.harness import Rig, data_uri, listening, look, picture

UNSET: dict[str, Any] = {
    "callback_url": None,
    "return_last_frame": None,
    "service_tier": None,
    "execution_expires_after": None,
    "generate_audio": None,
    "draft": None,
    "tools": None,
    "safety_identifier": None,
    "resolution": None,
    "ratio": None,
    "duration": None,
    "frames": None,
    "seed": None,
    "camera_fixed": None,
    "watermark": None,
    "priority": None,
    "output_format": None,
    "omni_reference_task_type": None,
}
TEXT = {"type": "text", "text": "a red fox"}
DAY_S = 86400


def image(role: str | None = None, colour: str = "green", size: tuple[int, int] = (900, 600)) -> dict[str, Any]:
    item: dict[str, Any] = {"type": "image_url", "image_url": {"url": data_uri(picture(colour, size))}}
    return item | ({"role": role} if role else {})


async def test_every_option_may_be_null_as_the_sdk_sends_it(rig: Rig) -> None:
    response = await Ark(rig).submit(**UNSET)
    assert response.status_code == 200, response.text
    assert set(response.json()) == {"id"}
    assert response.json()["id"].startswith("cgt-20")


async def test_a_finished_task_says_what_was_made_and_counts_its_tokens(rig: Rig) -> None:
    client = Ark(rig)
    task_id = await client.start_with(
        resolution="720p", ratio="9:16", duration=5, seed=4711, generate_audio=False, safety_identifier="ana"
    )
    seen = await client.finish(task_id)
    task = (await client.ask(task_id)).json()
    assert task["usage"] == {"completion_tokens": 108900, "total_tokens": 108900}
    echoed = ("seed", "resolution", "ratio", "duration", "framespersecond", "generate_audio", "safety_identifier")
    assert [task[name] for name in echoed] == [4711, "720p", "9:16", 5, 24, False, "ana"]
    video = look(await client.download(seen))
    assert (video.seconds, video.audio, video.size[1] > video.size[0]) == (pytest.approx(5), "", True)


def test_tokens_are_those_of_the_published_counts() -> None:
    assert tokens(1280, 720, 5) == 108_900
    assert tokens(1920, 1080, 5) == 246_840


async def test_audio_is_on_unless_it_is_switched_off(rig: Rig) -> None:
    client = Ark(rig)
    task_id = await client.start()
    seen = await client.finish(task_id)
    assert (await client.ask(task_id)).json()["generate_audio"] is True
    assert look(await client.download(seen)).audio == "aac"


@pytest.mark.parametrize(
    ("change", "code", "param"),
    [
        ({"model": None}, "InvalidParameter", "model"),
        ({"content": []}, "InvalidParameter", "content"),
        ({"content": [{"type": "text"}]}, "InvalidParameter", "content"),
        ({"nonsense": 1}, "InvalidParameter.UnsupportedParameter", "nonsense"),
        ({"negative_prompt": "x"}, "InvalidParameter.UnsupportedParameter", "negative_prompt"),
        ({"duration": "5"}, "InvalidParameter", "duration"),
        ({"duration": 3}, "InvalidParameter", "duration"),
        ({"duration": 13}, "InvalidParameter", "duration"),
        ({"resolution": "4k"}, "InvalidParameter", "resolution"),
        ({"ratio": "2:1"}, "InvalidParameter", "ratio"),
        ({"frames": 29}, "InvalidParameter", "frames"),
        ({"seed": -2}, "InvalidParameter", "seed"),
        ({"execution_expires_after": 60}, "InvalidParameter", "execution_expires_after"),
        ({"draft": True, "return_last_frame": True}, "InvalidParameter", "draft"),
        ({"content": [TEXT, image(), image()]}, "InvalidParameter", "content"),
        ({"content": [TEXT, image("last_frame")]}, "InvalidParameter", "content"),
        ({"content": [TEXT, image("first_frame"), image("reference_image")]}, "InvalidParameter", "content"),
        ({"content": [TEXT, image()], "ratio": "16:9"}, "InvalidParameter.TaskTypeConstraint", "ratio"),
        ({"content": [TEXT, image("reference_image")]}, "InvalidParameter.TaskTypeMismatch", ""),
        (
            {"content": [TEXT, {"type": "image_url", "image_url": {"url": ""}}]},
            "InvalidImageURL.EmptyURL",
            "content[1].image_url",
        ),
        ({"content": [TEXT, image(size=(200, 200))]}, "InvalidImageURL.InvalidFormat", "content[1].image_url"),
    ],
)
async def test_a_wrong_body_is_refused_with_four_keys(rig: Rig, change: dict[str, Any], code: str, param: str) -> None:
    body = {"model": Ark.model, "content": [TEXT], **change}
    response = await Ark(rig).post(body)
    assert response.status_code == 400
    error = response.json()["error"]
    assert set(error) == {"code", "message", "param", "type"}
    assert (error["code"], error["param"]) == (code, param)
    assert "Request id: " in error["message"]
    assert response.headers["x-request-id"] in error["message"]


async def test_a_missing_field_has_a_code_of_its_own(rig: Rig) -> None:
    assert (await Ark(rig).post({"content": [TEXT]})).json()["error"]["code"] == "MissingParameter"


@pytest.mark.parametrize("model", ["seedance-9-pro-1", "seedance-1-5-pro", "", "veo-3.1"])
async def test_an_unknown_model_is_404(rig: Rig, model: str) -> None:
    response = await Ark(rig).post({"model": model, "content": [TEXT]})
    assert (response.status_code, response.json()["error"]["code"]) == (404, "InvalidEndpointOrModel.NotFound")


@pytest.mark.parametrize(
    "model",
    [
        "doubao-seedance-1-5-pro-251215",
        "ep-20261122-abcde",
        "dreamina-seedance-2-0-260128",
        "seedance-1-0-pro-fast-251015",
    ],
)
async def test_other_names_are_served_too(rig: Rig, model: str) -> None:
    assert (await Ark(rig).post({"model": model, "content": [TEXT]})).status_code == 200


async def test_first_and_last_frame_are_where_they_belong(rig: Rig) -> None:
    client = Ark(rig)
    content = [TEXT, image("last_frame", "blue"), image("first_frame", "green")]
    response = await client.post({"model": client.model, "content": content, "duration": 4})
    video = look(await client.download(await client.finish(client.task_id(response))))
    first, last = (frame.getpixel((100, 60)) for frame in (video.pictures[0], video.pictures[-1]))
    assert first[1] > 90 > first[2]  # type: ignore[index]  # RGB pixels
    assert last[2] > 200  # type: ignore[index]  # RGB pixels
    assert (await client.ask(client.task_id(response))).json()["ratio"] == "4:3"  # the nearest to 3:2


async def test_suffixes_in_the_text_are_settings(rig: Rig) -> None:
    client = Ark(rig)
    task_id = await client.start("a red fox --rs 480p --dur 12 --seed 9")
    seen = await client.finish(task_id)
    task = (await client.ask(task_id)).json()
    assert (task["resolution"], task["duration"], task["seed"]) == ("480p", 12, 9)
    assert look(await client.download(seen)).seconds == pytest.approx(12)
    assert rig.asked("seedance")["tasks"][0]["prompt"] == "a red fox"


async def test_fields_win_over_suffixes(rig: Rig) -> None:
    client = Ark(rig)
    response = await client.submit("a red fox --rs 480p --dur 12", resolution="720p", duration=5)
    await client.finish(client.task_id(response))
    task = (await client.ask(client.task_id(response))).json()
    assert (task["resolution"], task["duration"]) == ("720p", 5)


async def test_the_list_filters_by_dotted_names_and_lasts_a_week(rig: Rig) -> None:
    client = Ark(rig)
    rig.vendors.stores["seedance"].plan(End.FAIL)
    ids = [await client.start() for _ in range(4)]
    await rig.settled(lambda: all(task["state"] in {"failed", "succeeded"} for task in rig.asked("seedance")["tasks"]))

    async def items(query: str) -> list[str]:
        body = (await rig.http.get(f"{client.tasks}?{query}", headers=client.headers)).json()
        return [task["id"] for task in body["items"]]

    assert await items("page_num=1&page_size=10") == ids[::-1]
    assert await items("page_num=2&page_size=3") == ids[:1]
    assert await items("filter.status=failed") == ids[:1]
    assert await items(f"filter.task_ids={ids[1]}&filter.task_ids={ids[2]}") == [ids[2], ids[1]]
    assert await items("filter.model=other") == []
    assert await items("filter.service_tier=flex") == []
    bad = await rig.http.get(f"{client.tasks}?page_size=501", headers=client.headers)
    assert bad.status_code == 400
    rig.clock.skipped_s = 8 * DAY_S
    assert await items("page_num=1") == []
    assert (await client.ask(ids[0])).json()["error"]["code"] == "NotFound.task_id"


async def test_delete_cancels_what_waits_and_removes_what_ended(rig: Rig) -> None:
    client = Ark(rig)

    async def delete(task_id: str) -> httpx.Response:
        return await rig.http.request("DELETE", f"{client.tasks}/{task_id}", json={}, headers=client.headers)

    rig.world.factor = 0.1
    waiting = await client.start()
    assert (await client.ask(waiting)).json()["status"] == "queued"
    assert (await delete(waiting)).status_code == 200
    assert (await client.ask(waiting)).json()["status"] == "cancelled"
    rig.world.factor = 2000
    rig.world.switch("seedance", FaultKind.HANG)
    running = await client.start()
    await rig.settled(lambda: rig.asked("seedance")["tasks"][-1]["state"] == "running")
    refused = await delete(running)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "TaskRunningCannotCancel")
    rig.world.calm()
    done = await client.start()
    await client.finish(done)
    assert (await delete(done)).status_code == 200
    assert (await client.ask(done)).status_code == 404


async def test_a_task_that_takes_too_long_expires(rig: Rig) -> None:
    client = Ark(rig)
    rig.world.switch("seedance", FaultKind.HANG)
    task_id = await client.start_with(execution_expires_after=3600)
    assert (await client.poll(task_id)).state == "waiting"
    rig.clock.skipped_s = 3700
    assert (await client.ask(task_id)).json()["status"] == "expired"


async def test_expired_can_be_planned(rig: Rig) -> None:
    client = Ark(rig)
    rig.vendors.stores["seedance"].plan(End.EXPIRE)
    task_id = await client.start()
    await rig.settled(lambda: rig.asked("seedance")["tasks"][0]["state"] == "expired")
    assert (await client.ask(task_id)).json()["status"] == "expired"


@pytest.mark.parametrize(
    ("key", "words"),
    [("poor-queue-x", "exceeded the quota"), ("poor-trial-x", "free trial"), ("poor-window-x", "5-hour")],
)
async def test_quota_exceeded_has_three_meanings_in_its_text(rig: Rig, key: str, words: str) -> None:
    response = await Ark(rig, key).submit()
    error = response.json()["error"]
    assert (response.status_code, error["code"], words in error["message"]) == (429, "QuotaExceeded", True)


async def test_a_lost_create_is_found_by_its_seed_in_the_list(rig: Rig) -> None:
    client = Ark(rig)
    rig.world.switch("seedance", FaultKind.LOST_REPLY)
    with pytest.raises(httpx.TransportError):
        await client.submit(seed=123456)
    rig.world.calm()
    await rig.settled(lambda: rig.asked("seedance")["tasks"][0]["state"] == "succeeded")
    listed = (await rig.http.get(client.tasks, headers=client.headers)).json()["items"]
    assert [task["seed"] for task in listed] == [123456]


async def test_a_wrong_path_is_404_without_a_body(rig: Rig) -> None:
    response = await rig.http.get(f"{rig.url}/vendors/ark/api/v3/nonsense")
    assert (response.status_code, response.content) == (404, b"")


async def test_the_last_frame_is_a_picture(rig: Rig) -> None:
    client = Ark(rig)
    task_id = await client.start_with(return_last_frame=True)
    await client.finish(task_id)
    url = (await client.ask(task_id)).json()["content"]["last_frame_url"]
    response = await rig.http.get(url)
    assert (response.headers["content-type"], response.content[:4]) == ("image/png", b"\x89PNG")


async def test_callbacks_repeat_the_task_and_are_tried_three_times(rig: Rig) -> None:
    client = Ark(rig)
    async with listening() as ear:
        task_id = await client.start_with(callback_url=ear.url)
        await rig.settled(lambda: any(heard.json["status"] == "succeeded" for heard in ear.heard))
        assert {heard.json["status"] for heard in ear.heard} == {"queued", "running", "succeeded"}
        last = next(heard.json for heard in ear.heard if heard.json["status"] == "succeeded")
        assert last == (await client.ask(task_id)).json()
        ear.heard.clear()
        ear.answers = [500, 500, 500]
        rig.vendors.callbacks.send(ear.url, b"{}", waits_s=(0.01, 0.01))
        await rig.settled(lambda: len(ear.heard) == 3)
        await asyncio.sleep(0.1)
        assert len(ear.heard) == 3
