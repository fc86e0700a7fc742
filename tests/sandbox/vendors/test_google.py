"""Veo in both dialects, down to their bodies: what is taken, what is refused, where the videos lie, who is told."""

import asyncio
import json
from typing import Any

import jwt
import pytest
from jwt import PyJWKSet
from standardwebhooks import Webhook, WebhookVerificationError

from sandbox.vendors import End
from sandbox.world import FaultKind
from tests.patience import PATIENCE_S
from tests.sandbox.vendors.drivers_google import VeoGemini, VeoVertex
from tests.sandbox.vendors.harness import Rig, base64_of, listening, look, picture

IMAGE = {"bytesBase64Encoded": base64_of(picture("green", (1280, 720))), "mimeType": "image/png"}
GEMINI_PARAMETERS: dict[str, Any] = {
    "sampleCount": 1,
    "durationSeconds": 8,
    "aspectRatio": "16:9",
    "resolution": "1080p",
    "personGeneration": "allow_adult",
    "negativePrompt": "blur",
    "enhancePrompt": True,
}


async def test_gemini_takes_everything_that_its_sdk_sends(rig: Rig) -> None:
    client = VeoGemini(rig)
    body = {
        "instances": [{"prompt": "a cat", "image": IMAGE, "lastFrame": IMAGE}],
        "parameters": GEMINI_PARAMETERS,
        "webhookConfig": {"uris": ["http://127.0.0.1:9/x"], "user_metadata": {"job": "1"}},
    }
    response = await client.post(body)
    assert response.status_code == 200, response.text
    assert set(response.json()) == {"name"}
    seen = await client.finish(client.task_id(response))
    video = look(await client.download(seen))
    assert video.pictures[0].getpixel((100, 60))[1] > 90  # type: ignore[index]  # an RGB pixel


async def test_gemini_takes_the_smallest_body(rig: Rig) -> None:
    client = VeoGemini(rig)
    response = await client.post({"instances": [{"prompt": "p"}]})
    assert (await client.finish(client.task_id(response))).state == "succeeded"


@pytest.mark.parametrize(
    ("instance", "parameters", "word"),
    [
        ({"prompt": ""}, {}, "prompt"),
        ({"prompt": "x", "inlineData": {}}, {}, "inlineData"),
        ({"prompt": "x", "image": {"bytesBase64Encoded": "AAAA"}}, {}, "mimeType"),
        ({"prompt": "x", "image": {"bytesBase64Encoded": "AAAA", "mimeType": "image/png"}}, {}, "image"),
        ({"prompt": "x", "image": {"gcsUri": "gs://b/o", "mimeType": "image/png"}}, {}, "bytesBase64Encoded"),
        ({"prompt": "x", "lastFrame": IMAGE}, {}, "lastFrame"),
        ({"prompt": "x" * 5000}, {}, "1024 tokens"),
        ({"prompt": "x"}, {"durationSeconds": "8"}, "needs to be a number"),
        ({"prompt": "x"}, {"durationSeconds": 5}, "durationSeconds"),
        ({"prompt": "x"}, {"durationSeconds": 4, "resolution": "1080p"}, "8"),
        ({"prompt": "x"}, {"aspectRatio": "1:1"}, "aspectRatio"),
        ({"prompt": "x"}, {"resolution": "480p"}, "resolution"),
        ({"prompt": "x"}, {"sampleCount": 2}, "sampleCount"),
        ({"prompt": "x"}, {"generateAudio": True}, "generateAudio"),
        ({"prompt": "x"}, {"storageUri": "gs://b"}, "storageUri"),
        ({"prompt": "x"}, {"personGeneration": "allow_adult"}, "personGeneration"),
        ({"prompt": "x"}, {"nonsense": 1}, "nonsense"),
    ],
)
async def test_gemini_refuses_what_the_model_does_not_take(
    rig: Rig, instance: dict[str, Any], parameters: dict[str, Any], word: str
) -> None:
    response = await VeoGemini(rig).post({"instances": [instance], "parameters": parameters})
    assert response.status_code == 400
    error = response.json()["error"]
    assert (error["code"], error["status"]) == (400, "INVALID_ARGUMENT")
    assert word in error["message"]
    assert not rig.asked("veo")["tasks"]


async def test_gemini_answers_404_for_what_it_does_not_know(rig: Rig) -> None:
    client = VeoGemini(rig)
    assert (await client.ask("models/veo-3.1-generate-preview/operations/nonesuch")).status_code == 404
    client.model = "veo-3.1-generate-001"  # an id of the other route
    assert "not found" in (await client.submit()).json()["error"]["message"]
    rig.world.switch("veo", FaultKind.GONE)
    client.model = "veo-3.1-fast-generate-preview"
    assert "is no longer available" in (await client.submit()).json()["error"]["message"]


async def test_a_pending_operation_has_no_done(rig: Rig) -> None:
    rig.world.switch("veo", FaultKind.HANG)
    client = VeoGemini(rig)
    name = await client.start()
    assert (await client.ask(name)).json() == {"name": name}


async def test_googles_files_want_the_key_and_live_two_days(rig: Rig) -> None:
    client = VeoGemini(rig)
    seen = await client.finish(await client.start())
    assert (await rig.http.get(seen.url)).status_code == 403
    assert (await rig.http.get(f"{seen.url}&key=other")).status_code == 200
    rig.clock.skipped_s = 2 * 86400 + 60
    assert (await rig.http.get(seen.url, headers=client.headers)).status_code == 404


async def test_the_official_sdk_is_told_an_address_that_it_can_read(rig: Rig) -> None:
    client = VeoGemini(rig)
    name = await client.start()
    await client.finish(name)
    headers = {**client.headers, "user-agent": "google-genai-sdk/2.34.0 gl-python/3.11"}
    body = (await rig.http.get(f"{client.base}/v1beta/{name}", headers=headers)).json()
    uri = body["response"]["generateVideoResponse"]["generatedSamples"][0]["video"]["uri"]
    assert uri.startswith("https://generativelanguage.googleapis.com/v1beta/files/")
    assert uri.endswith(":download?alt=media")


async def test_a_refusal_in_the_run_is_a_filter_or_an_error_with_a_support_code(rig: Rig) -> None:
    client = VeoGemini(rig)
    shapes = set()
    for number in range(12):
        rig.vendors.stores["veo"].plan(End.REFUSE)
        name = await client.start(f"fox {number}")
        await client.finish(name)
        body = (await client.ask(name)).json()
        assert body["done"] is True
        if "error" in body:
            shapes.add("error")
            assert body["error"]["code"] == 3
            assert "Support codes: " in body["error"]["message"]
        else:
            shapes.add("filter")
            answer = body["response"]["generateVideoResponse"]
            assert answer["raiMediaFilteredCount"] == 1
            assert "generatedSamples" not in answer
    assert shapes == {"error", "filter"}


async def test_a_task_can_end_well_without_a_video(rig: Rig) -> None:
    rig.vendors.stores["veo"].plan(End.EMPTY, End.EMPTY)
    gemini, vertex = VeoGemini(rig), VeoVertex(rig)
    name, other = await gemini.start(), await vertex.start()
    assert (await _done(gemini, name))["response"]["generateVideoResponse"] == {}
    assert "videos" not in (await _done(vertex, other))["response"]


async def _done(client: VeoGemini | VeoVertex, name: str) -> Any:
    """What is told of a task that is over."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            told = (await client.ask(name)).json()
            if told.get("done"):
                return told
            await asyncio.sleep(0.01)


async def test_vertex_puts_videos_into_the_callers_bucket(rig: Rig) -> None:
    client = VeoVertex(rig)
    name = await client.start_with(storageUri="gs://bucket/prefix/", sampleCount=2)
    await rig.settled(lambda: rig.asked("veo")["tasks"][0]["state"] == "succeeded")
    videos = (await client.ask(name)).json()["response"]["videos"]
    assert [video["gcsUri"].rsplit("/", 1)[1] for video in videos] == ["sample_0.mp4", "sample_1.mp4"]
    bucket, _, key = videos[0]["gcsUri"].removeprefix("gs://").partition("/")
    quoted = key.replace("/", "%2F")
    url = f"{client.base}/storage/v1/b/{bucket}/o/{quoted}?alt=media"
    assert (await rig.http.get(url)).status_code == 401
    response = await rig.http.get(url, headers=client.headers)
    assert look(response.content).codec == "h264"
    missing = f"{client.base}/storage/v1/b/{bucket}/o/none.mp4?alt=media"
    assert (await rig.http.get(missing, headers=client.headers)).status_code == 404


async def test_vertex_takes_everything_that_its_sdk_sends(rig: Rig) -> None:
    client = VeoVertex(rig)
    parameters = {
        "sampleCount": 1,
        "storageUri": "gs://b/p",
        "fps": 24,
        "durationSeconds": 6,
        "seed": 7,
        "aspectRatio": "9:16",
        "resolution": "720p",
        "personGeneration": "ALLOW_ADULT",
        "pubsubTopic": "projects/p/topics/t",
        "negativePrompt": "blur",
        "enhancePrompt": True,
        "generateAudio": True,
        "compressionQuality": "OPTIMIZED",
        "resizeMode": "PAD",
    }
    body = {"instances": [{"prompt": "x"}], "parameters": parameters, "labels": {"team": "a"}}
    url = f"{client.path}:predictLongRunning".replace("/v1/", "/v1beta1/")
    response = await rig.http.post(url, json=body, headers=client.headers)
    assert response.status_code == 200, response.text


async def test_vertex_express_has_no_project_and_takes_a_key(rig: Rig) -> None:
    url = f"{rig.url}/vendors/google/v1beta1/publishers/google/models/veo-3.1-fast-generate-001"
    headers = {"x-goog-api-key": "k"}
    body = {"instances": [{"prompt": "x"}]}
    name = (await rig.http.post(f"{url}:predictLongRunning", json=body, headers=headers)).json()["name"]
    poll = await rig.http.post(f"{url}:fetchPredictOperation", json={"operationName": name}, headers=headers)
    assert poll.json()["name"] == name


async def test_vertex_knows_only_operations_of_the_model_in_the_path(rig: Rig) -> None:
    client = VeoVertex(rig)
    name = await client.start()
    client.model = "veo-3.1-fast-generate-001"
    assert (await client.ask(name)).status_code == 404
    assert (await client.ask("")).status_code == 404


async def test_google_calls_back_with_a_jwt_that_its_key_set_verifies(rig: Rig) -> None:
    async with listening() as ear:
        hook = {"uris": [ear.url], "user_metadata": {"job": "1"}}
        body = {"instances": [{"prompt": "x"}], "webhookConfig": hook}
        await VeoGemini(rig).post(body)
        heard = await rig.settled(lambda: ear.heard and ear.heard[0])
        keys = PyJWKSet.from_dict((await rig.http.get(f"{rig.url}/vendors/google/.well-known/jwks.json")).json())
        claims = jwt.decode(
            heard.headers["webhook-signature"], keys.keys[0].key, algorithms=["RS256"], audience=ear.url
        )
    assert claims["jti"] == heard.headers["webhook-id"]
    event = json.loads(heard.body)
    assert (event["type"], event["version"], event["user_metadata"]) == ("video.generated", "v1", {"job": "1"})
    assert set(event["data"]) == {"id", "output_file_uri", "file_name"}


async def test_registered_webhooks_are_signed_with_every_secret_that_still_holds(rig: Rig) -> None:
    url, headers = f"{rig.url}/vendors/google/v1/webhooks", {"x-goog-api-key": "k"}
    async with listening() as ear:
        body = {"name": "mine", "uri": ear.url, "subscribed_events": ["video.generated"]}
        hook = (await rig.http.post(url, json=body, headers=headers)).json()
        one = f"{url}/{hook['id']}"
        await VeoGemini(rig).submit()
        heard = await rig.settled(lambda: ear.heard and ear.heard[0])
        assert Webhook(hook["new_signing_secret"]).verify(heard.body, heard.headers)["type"] == "video.generated"
        rotated = (await rig.http.post(f"{one}:rotateSigningSecret", headers=headers)).json()["secret"]
        await rig.http.post(f"{one}:ping", json={}, headers=headers)
        ping = await rig.settled(lambda: len(ear.heard) == 2 and ear.heard[1])
        for secret in (rotated, hook["new_signing_secret"]):
            assert Webhook(secret).verify(ping.body, ping.headers)["type"] == "ping"
        now = {"revocation_behavior": "revoke_previous_secrets_immediately"}
        last = (await rig.http.post(f"{one}:rotateSigningSecret", json=now, headers=headers)).json()["secret"]
        await rig.http.post(f"{one}:ping", json={}, headers=headers)
        ping = await rig.settled(lambda: len(ear.heard) == 3 and ear.heard[2])
        assert Webhook(last).verify(ping.body, ping.headers)
        with pytest.raises(WebhookVerificationError):
            Webhook(rotated).verify(ping.body, ping.headers)
    assert (await rig.http.patch(one, json={"state": "disabled"}, headers=headers)).json()["state"] == "disabled"
    assert [each["id"] for each in (await rig.http.get(url, headers=headers)).json()["webhooks"]] == [hook["id"]]
    assert (await rig.http.delete(one, headers=headers)).status_code == 200
    assert (await rig.http.get(one, headers=headers)).status_code == 404
    assert (await rig.http.post(url, json={"uri": "x"}, headers=headers)).status_code == 400


@pytest.mark.parametrize(
    ("key", "status", "name"),
    [
        ("poor-x", 429, "RESOURCE_EXHAUSTED"),
        ("poor-prepaid-x", 402, "RESOURCE_EXHAUSTED"),
        ("poor-billing-x", 400, "FAILED_PRECONDITION"),
    ],
)
async def test_google_has_three_ways_to_say_that_the_money_is_gone(rig: Rig, key: str, status: int, name: str) -> None:
    client = VeoGemini(rig, key)
    response = await client.submit()
    assert (response.status_code, client.error(response)) == (status, name)


async def test_unknown_paths_and_versions_are_404(rig: Rig) -> None:
    for path in ("/v9/models/x:predictLongRunning", "/v1beta/nothing", "/"):
        assert (await rig.http.post(f"{rig.url}/vendors/google{path}", json={})).status_code == 404
