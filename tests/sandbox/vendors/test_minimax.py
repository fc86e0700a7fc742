"""MiniMax, down to its bodies: verdicts inside HTTP 200, ids of two types, the challenge, and V2."""

from typing import Any

import pytest

from sandbox.vendors import End
from sandbox.world import FaultKind
from tests.sandbox.vendors.drivers import MiniMax, MiniMaxV2
from tests.sandbox.vendors.harness import Rig, data_uri, listening, look, picture

FRAME = data_uri(picture("green", (900, 600)))


async def test_a_video_is_made_in_three_calls_whose_file_id_changes_its_type(rig: Rig) -> None:
    client = MiniMax(rig)
    response = await client.submit(duration=10, resolution="768P")
    assert response.json()["base_resp"] == {"status_code": 0, "status_msg": "success"}
    assert "trace-id" in response.headers
    task_id = client.task_id(response)
    seen = await client.finish(task_id)
    query = (await client.ask(task_id)).json()
    assert (query["status"], query["video_width"], query["video_height"]) == ("Success", 1366, 768)
    assert isinstance(query["file_id"], str)
    url = f"{client.base}/v1/files/retrieve?file_id={query['file_id']}"
    file = (await rig.http.get(url, headers=client.headers)).json()["file"]
    assert file["file_id"] == int(query["file_id"])
    assert (file["filename"], file["purpose"], file["bytes"]) == ("output_aigc.mp4", "video_generation", 0)
    assert look(await client.download(seen)).seconds == pytest.approx(10)


async def test_waiting_has_an_empty_file_id(rig: Rig) -> None:
    rig.world.switch("hailuo", FaultKind.HANG)
    client = MiniMax(rig)
    query = (await client.ask(await client.start())).json()
    assert (query["file_id"], query["video_width"]) == ("", 0)
    assert query["status"] in {"Queueing", "Processing"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"model": "none"}, 2013),
        ({"prompt": ""}, 2013),
        ({"prompt": "x" * 2001}, 2013),
        ({"prompt": "ab\u200b"}, 1042),
        ({"duration": "6"}, 2013),
        ({"duration": 8}, 2013),
        ({"duration": 10, "resolution": "1080P"}, 2013),
        ({"resolution": "768p"}, 2013),
        ({"resolution": "512P"}, 2013),
        ({"seed": 1}, 2013),
        ({"last_frame_image": FRAME}, 2013),
        ({"first_frame_image": data_uri(picture(size=(300, 400)))}, 2013),
        ({"model": "MiniMax-Hailuo-2.3-Fast"}, 2013),
        ({"model": "T2V-01", "duration": 6}, 2013),
        ({"model": "S2V-01"}, 2013),
    ],
)
async def test_a_refusal_is_a_200_with_a_verdict(rig: Rig, change: dict[str, Any], code: int) -> None:
    response = await MiniMax(rig).post({"model": "MiniMax-Hailuo-2.3", "prompt": "a fox", **change})
    assert response.status_code == 200
    assert response.json()["task_id"] == ""
    assert response.json()["base_resp"]["status_code"] == code, response.text


async def test_the_output_follows_the_first_frame(rig: Rig) -> None:
    client = MiniMax(rig)
    body = {"model": "MiniMax-Hailuo-02", "first_frame_image": FRAME, "last_frame_image": FRAME, "resolution": "768P"}
    video = look(await client.download(await client.finish(client.task_id(await client.post(body)))))
    assert video.size[0] / video.size[1] == pytest.approx(1.5, rel=0.02)
    assert video.pictures[0].getpixel((100, 60))[1] > 90  # type: ignore[index]  # an RGB pixel


async def test_an_unknown_task_or_file_is_a_verdict_too(rig: Rig) -> None:
    client = MiniMax(rig)
    assert client.error(await client.ask("1")) == 2013
    for url in ("retrieve?file_id=7", "retrieve", "retrieve_content?file_id=7"):
        response = await rig.http.get(f"{client.base}/v1/files/{url}", headers=client.headers)
        assert client.error(response) == 2013


async def test_a_failed_query_has_a_verdict_and_a_mute_one_has_none(rig: Rig) -> None:
    client = MiniMax(rig)
    for end, code in ((End.FAIL, 1033), (End.REFUSE, 1027), (End.MUTE, 0)):
        rig.vendors.stores["hailuo"].plan(end)
        task_id = await client.start()
        await client.finish(task_id)
        query = (await client.ask(task_id)).json()
        assert (query["status"], query["base_resp"]["status_code"]) == ("Fail", code)


async def test_a_download_address_lives_an_hour_and_a_fresh_one_can_be_had(rig: Rig) -> None:
    client = MiniMax(rig)
    task_id = await client.start()
    seen = await client.finish(task_id)
    rig.clock.skipped_s = 3700
    assert (await rig.http.get(seen.url)).status_code == 403
    fresh = await client.poll(task_id)
    assert (await rig.http.get(fresh.url)).status_code == 200


async def test_the_bytes_can_be_had_with_the_key_until_the_file_is_deleted(rig: Rig) -> None:
    client = MiniMax(rig)
    task_id = await client.start()
    await client.finish(task_id)
    file_id = (await client.ask(task_id)).json()["file_id"]
    url = f"{client.base}/v1/files/retrieve_content?file_id={file_id}"
    assert client.error(await rig.http.get(url)) == 1004
    assert look((await rig.http.get(url, headers=client.headers)).content).codec == "h264"
    body = {"file_id": file_id, "purpose": "video_generation"}
    response = await rig.http.post(f"{client.base}/v1/files/delete", json=body, headers=client.headers)
    assert response.json() == {"file_id": int(file_id), "base_resp": {"status_code": 0, "status_msg": "success"}}
    assert client.error(await rig.http.get(url, headers=client.headers)) == 2013


async def test_callbacks_begin_with_a_challenge_and_speak_lower_case(rig: Rig) -> None:
    client = MiniMax(rig)
    async with listening() as ear:
        for _ in range(2):
            assert (await client.submit(callback_url=ear.url)).json()["base_resp"]["status_code"] == 0
        await rig.settled(lambda: len(ear.heard) == 7)
        challenges = [heard for heard in ear.heard if "challenge" in heard.json]
        assert len(challenges) == 1
        assert {heard.json["status"] for heard in ear.heard[1:]} == {"processing", "success"}
        rig.vendors.stores["hailuo"].plan(End.FAIL)
        await client.submit(callback_url=ear.url)
        await rig.settled(lambda: any(heard.json.get("status") == "failed" for heard in ear.heard))


async def test_an_address_that_does_not_echo_is_refused(rig: Rig) -> None:
    client = MiniMax(rig)
    async with listening() as ear:
        ear.echo = False
        assert client.error(await client.submit(callback_url=ear.url)) == 2013
    assert client.error(await client.submit(callback_url="http://127.0.0.1:9/x")) == 2013
    assert not rig.asked("hailuo")["tasks"]


@pytest.mark.parametrize(("key", "code"), [("poor-x", 1008), ("poor-window-x", 2056)])
async def test_money_and_window_are_two_codes(rig: Rig, key: str, code: int) -> None:
    client = MiniMax(rig, key)
    assert client.error(await client.submit()) == code


async def test_v2_speaks_http(rig: Rig) -> None:
    for key, status in (("", 401), ("poor-x", 402)):
        assert (await MiniMaxV2(rig, key).submit()).status_code == status
    client = MiniMaxV2(rig)
    assert (await client.submit(duration=3)).status_code == 400
    rig.world.factor = 0.1
    task_id = await client.start()
    listed = await rig.http.get(f"{client.base}/v2/query/video_generation", headers=client.headers)
    assert [task["id"] for task in listed.json()["items"]] == [task_id]
    url = f"{client.base}/v2/video_generation/{task_id}"
    assert (await rig.http.delete(url, headers=client.headers)).status_code == 200
    assert (await client.ask(task_id)).json()["task"]["status"] == "cancelled"
    assert (await rig.http.delete(url, headers=client.headers)).status_code == 400
    unknown = await client.ask("306000000000000")
    assert (unknown.status_code, unknown.json()["error"]["message"]) == (500, "record not found (1000)")


async def test_v2_asks_for_one_text_a_ratio_and_sizes_of_its_model(rig: Rig) -> None:
    client = MiniMaxV2(rig)
    text = {"type": "text", "text": "a red fox"}
    odd: dict[str, Any]
    for odd in (
        {"ratio": None}, {"content": []}, {"content": [text, text]}, {"content": [{"type": "text", "text": " "}]},
        {"content": [{"type": "text", "text": "x" * 7001}]}, {"resolution": "480P"},
        {"model": "MiniMax-H3-Max", "resolution": "2K"},
    ):  # fmt: skip
        response = await client.submit(**odd)
        assert (response.status_code, client.error(response)) == (400, 2013), odd
    assert (await client.submit(model="MiniMax-H3-Max", resolution="480P")).status_code == 200


async def test_v2_challenges_a_callback_address_too(rig: Rig) -> None:
    client = MiniMaxV2(rig)
    async with listening() as ear:
        assert (await client.submit(callback_url=ear.url)).status_code == 200
        await rig.settled(lambda: len(ear.heard) >= 2)
        assert "challenge" in ear.heard[0].json
        ear.echo = False
        assert client.error(await client.submit(callback_url=f"{ear.url}?other")) == 2013


async def test_v1_does_not_know_tasks_of_v2(rig: Rig) -> None:
    task_id = await MiniMaxV2(rig).start()
    assert MiniMax(rig).error(await MiniMax(rig).ask(task_id)) == 2013
