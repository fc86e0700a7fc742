"""Kling's two generations, down to their bodies: what is taken, found, listed, and called back."""

import time
from typing import Any

import httpx
import jwt
import pytest
from standardwebhooks import Webhook

from sandbox.vendors import End
from sandbox.vendors.signing import signature
from sandbox.world import FaultKind
from tests.sandbox.vendors.drivers import Kling, KlingLegacy
from tests.sandbox.vendors.harness import WEBHOOK_SECRET, Rig, base64_of, data_uri, listening, look, picture

PICTURE = base64_of(picture("green", (900, 600)))
FIRST = {"type": "first_frame", "url": PICTURE}
PROMPT = {"type": "prompt", "text": "it moves"}


async def test_a_created_task_looks_as_documented(rig: Rig) -> None:
    settings = {"multi_shot": False, "audio": "native", "resolution": "1080p", "aspect_ratio": "9:16", "duration": 3}
    options = {"external_task_id": "job-42", "watermark_info": {"enabled": True}}
    client = Kling(rig)
    body = (await client.submit(settings=settings, options=options)).json()
    assert (body["code"], body["message"]) == (0, "SUCCEED")
    data = body["data"]
    assert (data["status"], data["external_id"], data["message"]) == ("submitted", "job-42", "")
    assert data["create_time"] == pytest.approx(time.time() * 1000, abs=5000)
    seen = await client.finish(data["id"])
    (task,) = (await client.ask(data["id"])).json()["data"]
    (output,) = task["outputs"]
    assert (output["type"], output["duration"], set(output)) == (
        "video",
        "3.000",
        {"type", "id", "url", "duration", "watermark_url"},
    )
    assert task["billing"] == [{"charge_type": "unit", "amount": "3.6", "package_type": "video"}]
    video = look(await client.download(seen))
    assert (video.seconds, video.audio) == (pytest.approx(3), "aac")
    assert video.size[1] > video.size[0]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, 1201),
        ({"prompt": ""}, 1201),
        ({"prompt": 7}, 1201),
        ({"prompt": "x", "negative_prompt": "y"}, 1201),
        ({"prompt": "x", "settings": {"audio": True}}, 1201),
        ({"prompt": "x", "settings": {"duration": "5"}}, 1201),
        ({"prompt": "x", "settings": {"duration": 16}}, 1201),
        ({"prompt": "x", "settings": {"seed": 1}}, 1201),
        ({"prompt": "x", "settings": {"resolution": "480p"}}, 1201),
        ({"prompt": "x", "settings": {"aspect_ratio": "21:9"}}, 1201),
        ({"prompt": "x" * 3073}, 1201),
        (["not", "an", "object"], 1200),
    ],
)
async def test_a_wrong_body_is_refused(rig: Rig, body: Any, code: int) -> None:
    response = await Kling(rig).post(body)
    assert (response.status_code, response.json()["code"]) == (400, code)
    assert set(response.json()) == {"code", "message", "request_id"}


@pytest.mark.parametrize(
    ("model", "settings"),
    [
        ("kling-3.0-turbo", {"audio": "off"}),
        ("kling-3.0-turbo", {"resolution": "4k"}),
        ("kling-2.6", {"duration": 7}),
        ("kling-2.5-turbo", {"audio": "native"}),
    ],
)
async def test_a_model_takes_only_what_it_can_do(rig: Rig, model: str, settings: dict[str, Any]) -> None:
    response = await Kling(rig).post({"prompt": "x", "settings": settings}, f"text-to-video/{model}")
    assert response.json()["code"] == 1201


async def test_an_unknown_model_and_an_unknown_path_are_404(rig: Rig) -> None:
    response = await Kling(rig).post({"prompt": "x"}, "text-to-video/kling-9")
    assert (response.status_code, response.json()["code"]) == (404, 1203)
    response = await Kling(rig).post({"prompt": "x"}, "no/such/path")
    assert (response.status_code, response.json()["code"]) == (404, 1202)


async def test_image_to_video_takes_the_shape_and_the_look_of_its_first_frame(rig: Rig) -> None:
    client = Kling(rig)
    response = await client.post({"contents": [PROMPT, FIRST], "settings": {}}, "image-to-video/kling-3.0")
    video = look(await client.download(await client.finish(client.task_id(response))))
    assert video.size[0] / video.size[1] == pytest.approx(1.5, rel=0.02)
    assert video.pictures[0].getpixel((100, 60))[1] > 90  # type: ignore[index]  # an RGB pixel


@pytest.mark.parametrize(
    ("contents", "settings", "model"),
    [
        ([PROMPT], {}, "kling-3.0"),
        ([PROMPT, {"type": "last_frame", "url": PICTURE}], {}, "kling-3.0"),
        ([PROMPT, FIRST, {"type": "last_frame", "url": PICTURE}], {}, "kling-3.0-turbo"),
        ([PROMPT, FIRST, {"type": "last_frame", "url": PICTURE}], {"resolution": "720p"}, "kling-2.6"),
        ([PROMPT, FIRST, FIRST], {}, "kling-3.0"),
        ([PROMPT, {"type": "first_frame"}], {}, "kling-3.0"),
        ([PROMPT, {"type": "first_frame", "url": "!!"}], {}, "kling-3.0"),
        ([PROMPT, {"type": "first_frame", "url": base64_of(picture(size=(299, 400)))}], {}, "kling-3.0"),
        ([PROMPT, {"type": "first_frame", "url": base64_of(picture(size=(1000, 350)))}], {}, "kling-3.0"),
        ([PROMPT, {"type": "first_frame", "url": base64_of(picture(kind="WEBP"))}], {}, "kling-3.0"),
        ([PROMPT, {"type": "first_frame", "url": "http://127.0.0.1:9/none.png"}], {}, "kling-3.0"),
        ([PROMPT, FIRST], {"aspect_ratio": "16:9"}, "kling-3.0"),
        ([PROMPT, FIRST, *[{"type": "element", "element_id": n, "id": "a"} for n in range(1, 5)]], {}, "kling-3.0"),
    ],
)
async def test_wrong_contents_are_refused(rig: Rig, contents: Any, settings: Any, model: str) -> None:
    response = await Kling(rig).post({"contents": contents, "settings": settings}, f"image-to-video/{model}")
    assert response.json()["code"] == 1201, response.text


async def test_omni_and_motion_control_are_there(rig: Rig) -> None:
    for path in ("omni-video/kling-3.0-omni", "motion-control/kling-3.0"):
        assert (await Kling(rig).post({"contents": [PROMPT]}, path)).json()["code"] == 0


async def test_tasks_are_found_by_either_id_and_never_by_both(rig: Rig) -> None:
    client = Kling(rig)
    ours = [await client.start_with(options={"external_task_id": "job"}) for _ in range(2)]  # no deduplication

    async def look_up(query: str) -> Any:
        return (await rig.http.get(f"{client.base}/tasks?{query}", headers=client.headers)).json()

    assert [task["id"] for task in (await look_up(f"task_ids={ours[1]},{ours[0]}"))["data"]] == ours[::-1]
    assert [task["id"] for task in (await look_up("external_task_ids=job"))["data"]] == ours
    assert (await look_up("task_ids=unknown"))["data"] == []
    assert (await look_up(f"task_ids={ours[0]}&external_task_ids=job"))["code"] == 1201
    assert (await look_up(""))["code"] == 1201


async def test_a_lost_reply_is_found_by_the_callers_own_id(rig: Rig) -> None:
    client = Kling(rig)
    rig.world.switch("kling", FaultKind.LOST_REPLY)
    with pytest.raises(httpx.TransportError):
        await client.submit(options={"external_task_id": "mine"})
    rig.world.calm()
    found = (await rig.http.get(f"{client.base}/tasks?external_task_ids=mine", headers=client.headers)).json()["data"]
    assert [task["external_id"] for task in found] == ["mine"]


async def test_the_list_pages_and_filters(rig: Rig) -> None:
    client = Kling(rig)
    rig.vendors.stores["kling"].plan(End.FAIL)
    tasks = [await client.start() for _ in range(5)]
    await rig.settled(lambda: all(task["state"] in {"failed", "succeeded"} for task in rig.asked("kling")["tasks"]))

    async def page(**query: Any) -> Any:
        return (await client.post(query, "tasks")).json()

    first = (await page(limit=3))["data"]
    assert ([task["id"] for task in first["result"]], first["count"], first["has_more"]) == (tasks[:1:-1], 5, True)
    rest = (await page(limit=3, cursor=first["next_cursor"]))["data"]
    assert ([task["id"] for task in rest["result"]], rest["has_more"]) == (tasks[1::-1], False)
    failed = (await page(filters=[{"key": "status", "values": ["failed"]}]))["data"]["result"]
    assert [task["id"] for task in failed] == tasks[:1]
    assert (await page(filters=[{"key": "product_type", "values": ["omni_video"]}]))["data"]["result"] == []
    assert (await page(end_time=1000))["data"]["result"] == []
    assert (await page(limit=501))["code"] == 1201


async def test_the_account_can_be_asked_once_a_second(rig: Rig) -> None:
    client = Kling(rig)
    url = f"{client.base}/account/costs?start_time=0&end_time=1"
    (pack,) = (await rig.http.get(url, headers=client.headers)).json()["data"]["resource_pack_subscribe_infos"]
    assert pack["remaining_quantity"] > 0
    assert (await rig.http.get(url, headers=client.headers)).json()["code"] == 1302
    rig.clock.skipped_s = 2
    assert (await rig.http.get(url, headers=client.headers)).json()["code"] == 0
    assert (await rig.http.get(url.split("?", maxsplit=1)[0], headers=client.headers)).json()["code"] == 1201


@pytest.mark.parametrize(("key", "code"), [("poor-x", 1101), ("poor-pack-x", 1102)])
async def test_an_account_without_money_is_a_429_that_no_retry_helps(rig: Rig, key: str, code: int) -> None:
    response = await Kling(rig, key).submit()
    assert (response.status_code, response.json()["code"]) == (429, code)


def token(secret: str = "sk-ana", access: str = "ak-ana", **claims: int) -> str:
    now = int(time.time())
    body = {"iss": access, "exp": now + 1800, "nbf": now - 5, **claims}
    return jwt.encode(body, secret, algorithm="HS256", headers={"typ": "JWT"})


@pytest.mark.filterwarnings("ignore:The HMAC key is")  # a customer's secret may be short
async def test_legacy_takes_a_jwt_and_the_new_api_does_not(rig: Rig) -> None:
    now = int(time.time())
    assert (await KlingLegacy(rig, token()).submit()).json()["code"] == 0
    for key, code in (
        (token("sk-wrong"), 1000),
        (token(exp=now - 60), 1004),
        (token(nbf=now + 600), 1003),
        (token(access="bad-ak"), 1002),
    ):
        assert (await KlingLegacy(rig, key).submit()).json()["code"] == code
    assert (await Kling(rig, token()).submit()).json()["code"] == 1002


async def test_legacy_speaks_its_own_spelling(rig: Rig) -> None:
    client = KlingLegacy(rig)
    task_id = await client.start_with(duration="10", external_task_id="job-7", sound="on", mode="pro")
    await client.finish(task_id)
    data = (await client.ask("job-7")).json()["data"]
    assert (data["task_id"], data["task_status"]) == (task_id, "succeed")
    assert data["task_info"] == {"external_task_id": "job-7"}
    assert data["task_result"]["videos"][0]["duration"] == "10"
    assert data["final_unit_deduction"] == "12"
    listed = await rig.http.get(f"{client.base}/v1/videos/text2video?pageNum=1&pageSize=30", headers=client.headers)
    assert [task["task_id"] for task in listed.json()["data"]] == [task_id]
    assert (await rig.http.get(f"{client.base}/tasks?task_ids={task_id}", headers=client.headers)).json()["data"] == []


@pytest.mark.parametrize(
    "change",
    [
        {"duration": 5},
        {"duration": "7", "model_name": "kling-v2-6"},
        {"model_name": "kling-v1-6"},
        {"model_name": "kling-9"},
        {"sound": "on", "model_name": "kling-v2-5-turbo"},
        {"cfg_scale": 0.5, "model_name": "kling-v2-6"},
        {"cfg_scale": 2},
        {"mode": "720p"},
        {"prompt": ""},
        {"nonsense": 1},
    ],
)
async def test_legacy_refuses_what_it_does_not_take(rig: Rig, change: dict[str, Any]) -> None:
    body = {"model_name": "kling-v3", "prompt": "x", **change}
    assert (await KlingLegacy(rig).post(body, "v1/videos/text2video")).json()["code"] in {1201, 1203}


async def test_legacy_images_are_bare_base64(rig: Rig) -> None:
    client = KlingLegacy(rig)
    body = {"model_name": "kling-v3", "prompt": "x", "image": PICTURE}
    assert (await client.post(body, "v1/videos/image2video")).json()["code"] == 0
    prefixed = {**body, "image": data_uri(picture())}
    assert (await client.post(prefixed, "v1/videos/image2video")).json()["code"] == 1201
    assert (await client.post({"model_name": "kling-v3", "prompt": "x"}, "v1/videos/image2video")).json()[
        "code"
    ] == 1201
    assert (await client.post(body, "v1/videos/nonsense")).json()["code"] == 1202


def test_the_signature_is_the_one_that_kling_published() -> None:
    body = (
        b'{"id":"1234567890","status":"succeeded","message":"","create_time":1781080778802,"update_time":1781080794151}'
    )
    signed = signature(WEBHOOK_SECRET, message_id="9876543210", timestamp="1781080794", body=body)
    assert signed == "v1,UsKlJP00XoQyOn410NM9xv34sP+Gl0jnOO9Lcpr7NJ4="


async def test_every_change_of_state_is_called_back_and_signed(rig: Rig) -> None:
    async with listening() as ear:
        await Kling(rig).submit(options={"callback_url": ear.url})
        await rig.settled(lambda: len(ear.heard) == 3)
        statuses = {Webhook(WEBHOOK_SECRET).verify(heard.body, heard.headers)["status"] for heard in ear.heard}
        assert statuses == {"submitted", "processing", "succeeded"}
        await KlingLegacy(rig).submit(callback_url=ear.url)
        await rig.settled(lambda: len(ear.heard) == 6)
        assert {heard.json["task_status"] for heard in ear.heard[3:]} == {"submitted", "processing", "succeed"}


async def test_a_failure_is_a_200_whose_task_says_so(rig: Rig) -> None:
    rig.vendors.stores["kling"].plan(End.REFUSE, End.FAIL, End.MUTE, End.EMPTY)
    client = Kling(rig)
    ids = [await client.start() for _ in range(4)]
    await rig.settled(
        lambda: all(task["state"] in {"failed", "refused", "succeeded"} for task in rig.asked("kling")["tasks"])
    )
    response = await client.ask(",".join(ids))
    assert (response.status_code, response.json()["code"]) == (200, 0)
    refused, failed, mute, empty = response.json()["data"]
    assert (refused["status"], "risk control" in refused["message"]) == ("failed", True)
    assert (failed["status"], bool(failed["message"])) == ("failed", True)
    assert (mute["status"], mute["message"]) == ("failed", "")
    assert (empty["status"], "outputs" in empty) == ("succeeded", False)
