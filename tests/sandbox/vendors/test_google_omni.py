"""Gemini Omni by the Interactions API, down to its bodies."""

from typing import Any

import pytest

from sandbox.world import FaultKind
from tests.sandbox.vendors.drivers_google import VeoOmni
from tests.sandbox.vendors.harness import Rig, base64_of, look, picture


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"input": ""}, "input"),
        ({"response_format": {"type": "video", "duration": 6}}, "duration"),
        ({"response_format": {"type": "video", "duration": "12s"}}, "10s"),
        ({"response_format": {"type": "video", "duration": "2s"}}, "3s"),
        ({"response_format": {"type": "video", "aspect_ratio": "1:1"}}, "aspect_ratio"),
        ({"response_format": {"type": "video", "gcs_uri": "gs://b/o"}}, "gcs_uri"),
        ({"store": False}, "store"),
        ({"labels": {"Team": "x"}}, "lower case"),
        ({"negative_prompt": "blur"}, "negative_prompt"),
    ],
)
async def test_omni_refuses_what_it_does_not_take(rig: Rig, change: dict[str, Any], word: str) -> None:
    body = {"model": "gemini-omni-1.1-flash", "input": "x", "background": True, **change}
    response = await VeoOmni(rig).post(body)
    assert response.status_code == 400
    assert word in response.json()["error"]["message"]


async def test_omni_blocks_without_background_and_delivers_inline(rig: Rig) -> None:
    body = {
        "model": "gemini-omni-1.2-flash",
        "input": [{"type": "text", "text": "x"}],
        "response_format": {"type": "video", "duration": "15s", "resolution": "360p"},
    }
    done = (await VeoOmni(rig).post(body)).json()
    assert done["status"] == "completed"
    assert done["usage"]["output_tokens_by_modality"] == [{"modality": "video", "tokens": 15 * 1931}]
    content = done["steps"][0]["content"][0]
    assert content["type"] == "video"
    assert content["data"]


async def test_omni_reads_the_turns_that_its_sdk_sends_and_begins_with_the_image(rig: Rig) -> None:
    client = VeoOmni(rig)
    parts = [
        {"type": "text", "text": "make it move"},
        {"type": "image", "data": base64_of(picture("green", (1280, 720))), "mime_type": "image/png"},
    ]
    turns = [{"type": "user_input", "content": parts}]
    form = {"type": "video", "delivery": "uri", "duration": "3s"}
    body = {"model": "gemini-omni-1.1-flash", "input": turns, "background": True, "response_format": form}
    seen = await client.finish(client.task_id(await client.post(body)))
    video = look(await client.download(seen))
    assert video.pictures[0].getpixel((100, 60))[1] > 90  # type: ignore[index]  # an RGB pixel


async def test_omni_cancels_and_deletes(rig: Rig) -> None:
    rig.world.switch("veo", FaultKind.HANG)
    client = VeoOmni(rig)
    name = await client.start()
    url = f"{client.base}/v1/interactions/{name}"
    assert (await rig.http.post(f"{url}/cancel", headers=client.headers)).json()["status"] == "cancelled"
    assert (await client.ask(name)).json()["status"] == "cancelled"
    assert (await rig.http.delete(url, headers=client.headers)).status_code == 200
    unknown = await client.ask(name)
    assert unknown.status_code == 400
    assert "Invalid interaction name" in unknown.json()["error"]["message"]


async def test_omnis_front_end_errors_come_in_a_list(rig: Rig) -> None:
    rig.world.switch("veo", FaultKind.DOWN)
    body = (await VeoOmni(rig).submit()).json()
    assert [entry["error"]["status"] for entry in body] == ["UNAVAILABLE"]


async def test_omni_on_vertex_wants_a_bucket(rig: Rig) -> None:
    url = f"{rig.url}/vendors/google/v1beta1/projects/p/locations/global/interactions"
    headers = {"authorization": "Bearer t"}
    form = {"type": "video", "delivery": "uri"}
    body = {"model": "gemini-omni-1.1-flash-preview", "input": "x", "background": True, "response_format": form}
    assert "gcs_uri" in (await rig.http.post(url, json=body, headers=headers)).text
    form["gcs_uri"] = "gs://bucket/o"
    name = (await rig.http.post(url, json=body, headers=headers)).json()["id"]
    await rig.settled(lambda: rig.asked("veo")["tasks"][0]["state"] == "succeeded")
    done = (await rig.http.get(f"{url}/{name}", headers=headers)).json()
    assert done["steps"][0]["content"][0]["uri"].startswith("gs://bucket/o/")
