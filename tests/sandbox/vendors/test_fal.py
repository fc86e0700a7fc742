"""fal, down to its bodies: short addresses, failures that are COMPLETED, and signed webhooks."""

import base64
from hashlib import sha256
from typing import Any

import httpx
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from sandbox.vendors import End
from sandbox.vendors.fal.models import ENDPOINTS
from sandbox.vendors.task_store import variant
from sandbox.world import FaultKind
from tests.sandbox.vendors.drivers import Kling
from tests.sandbox.vendors.drivers_aggregators import Fal
from tests.sandbox.vendors.harness import Heard, Rig, data_uri, listening, look, picture


async def test_the_addresses_hold_two_parts_of_the_endpoint(rig: Rig) -> None:
    client = Fal(rig)
    body = (await client.submit()).json()
    url = f"{client.base}/fal-ai/kling-video/requests/{body['request_id']}"
    assert body == {
        "status": "IN_QUEUE",
        "request_id": body["request_id"],
        "gateway_request_id": body["request_id"],
        "queue_position": 2,
        "response_url": url,
        "status_url": f"{url}/status",
        "cancel_url": f"{url}/cancel",
    }
    longer = url.replace("fal-ai/kling-video", client.endpoint)
    assert (await rig.http.get(longer, headers=client.headers)).status_code == 404


async def test_status_is_202_while_waiting_and_200_when_completed(rig: Rig) -> None:
    client = Fal(rig)
    rig.world.switch("kling", FaultKind.HANG)
    prompts = {variant(f"fox {number}", of=2): f"fox {number}" for number in range(20)}
    stuck, running = [await client.start(prompts[kind]) for kind in (0, 1)]
    await rig.settled(lambda: all(task["state"] == "running" for task in rig.asked("kling")["tasks"]))
    status = await client.ask(stuck)
    assert (status.status_code, status.json()["status"], status.json()["queue_position"]) == (202, "IN_QUEUE", 0)
    status = await rig.http.get(f"{running}/status?logs=true", headers=client.headers)
    assert (status.status_code, status.json()["status"]) == (202, "IN_PROGRESS")
    assert status.json()["logs"]
    early = await client.result(running)
    assert (early.status_code, early.json()["detail"]) == (400, "Request is still in progress")
    rig.world.calm()
    done = await client.start()
    await client.finish(done)
    status = await client.ask(done)
    assert (status.status_code, "error" in status.json()) == (200, False)
    assert status.json()["metrics"]["inference_time"] > 0


@pytest.mark.parametrize(
    ("extra", "kind"),
    [
        ({"duration": 5}, "literal_error"),
        ({"duration": "7"}, "literal_error"),
        ({"aspect_ratio": "2:1"}, "literal_error"),
        ({"cfg_scale": 2}, "less_than_equal"),
        ({"generate_audio": "yes"}, "boolean_type"),
        ({"prompt": None}, "missing"),
    ],
)
async def test_a_wrong_input_is_taken_and_shows_on_the_result(rig: Rig, extra: dict[str, Any], kind: str) -> None:
    client = Fal(rig)
    body = {"prompt": "x", **extra}
    response = await rig.http.post(f"{client.base}/{client.endpoint}", json=body, headers=client.headers)
    task_id = client.task_id(response)
    assert (await client.finish(task_id)).state == "failed"
    result = await client.result(task_id)
    assert result.status_code == 422
    (detail,) = result.json()["detail"]
    assert detail["type"] == kind
    assert set(detail) == {"loc", "msg", "type", "url", "ctx", "input"}
    assert (await client.ask(task_id)).json()["error_type"] == "value_error"


async def test_a_refusal_has_a_type_or_only_words(rig: Rig) -> None:
    client = Fal(rig)
    shapes = set()
    for number in range(12):
        rig.vendors.stores["kling"].plan(End.REFUSE)
        task_id = await client.start(f"fox {number}")
        assert (await client.finish(task_id)).state == "refused"
        result = await client.result(task_id)
        assert result.status_code == 422
        shapes.add(type(result.json()["detail"]))
    assert shapes == {str, list}


async def test_a_result_can_stutter(rig: Rig) -> None:
    client = Fal(rig)
    rig.vendors.stores["kling"].plan(End.STUTTER)
    task_id = await client.start()
    await rig.settled(lambda: rig.asked("kling")["tasks"][0]["state"] == "succeeded")
    statuses = [(await client.result(task_id)).status_code for _ in range(4)]
    assert statuses == [504, 504, 200, 200]


async def test_what_waits_can_be_cancelled_and_what_runs_goes_on(rig: Rig) -> None:
    client = Fal(rig)

    async def cancel(task_id: str) -> httpx.Response:
        return await rig.http.put(f"{task_id}/cancel", headers=client.headers)

    rig.world.factor = 0.1
    waiting = await client.start()
    answer = await cancel(waiting)
    assert (answer.status_code, answer.json()["status"]) == (202, "CANCELLATION_REQUESTED")
    assert (await client.result(waiting)).status_code == 499
    assert (await cancel(waiting)).json()["status"] == "ALREADY_COMPLETED"
    unknown = await cancel(f"{client.base}/fal-ai/kling-video/requests/none")
    assert (unknown.status_code, unknown.json()["status"]) == (404, "NOT_FOUND")


async def test_a_lost_create_is_found_by_its_input(rig: Rig) -> None:
    client = Fal(rig)
    rig.world.switch("fal", FaultKind.LOST_REPLY)
    with pytest.raises(httpx.TransportError):
        await client.submit("lost", seed=99)
    await rig.settled(lambda: rig.asked("kling")["tasks"][0]["state"] == "succeeded")
    url = f"{client.base}/v1/models/requests/by-endpoint?endpoint_id={client.endpoint}"
    (item,) = (await rig.http.get(f"{url}&expand=payloads", headers=client.headers)).json()["items"]
    assert (item["json_input"], item["status_code"]) == ({"prompt": "lost", "seed": 99}, 200)
    (bare,) = (await rig.http.get(url, headers=client.headers)).json()["items"]
    assert "json_input" not in bare
    for nothing in ("status=error", "start=2099-01-01T00:00:00Z", "request_id=other"):
        assert (await rig.http.get(f"{url}&{nothing}", headers=client.headers)).json()["items"] == []


async def test_the_history_pages(rig: Rig) -> None:
    client = Fal(rig)
    for _ in range(3):
        await client.start()
    await rig.settled(lambda: all(task["state"] == "succeeded" for task in rig.asked("kling")["tasks"]))
    url = f"{client.base}/v1/models/requests/by-endpoint?endpoint_id={client.endpoint}&limit=2"
    first = (await rig.http.get(url, headers=client.headers)).json()
    assert (len(first["items"]), first["has_more"]) == (2, True)
    rest = (await rig.http.get(f"{url}&cursor={first['next_cursor']}", headers=client.headers)).json()
    assert (len(rest["items"]), rest["has_more"]) == (1, False)


def verify(heard: Heard, key_set: Any) -> bool:
    names = ("x-fal-webhook-request-id", "x-fal-webhook-user-id", "x-fal-webhook-timestamp")
    message = "\n".join([*(heard.headers[name] for name in names), sha256(heard.body).hexdigest()]).encode()
    signature = bytes.fromhex(heard.headers["x-fal-webhook-signature"])
    for key in key_set["keys"]:
        public = base64.urlsafe_b64decode(key["x"] + "=" * (-len(key["x"]) % 4))
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
        except InvalidSignature:
            continue
        return True
    return False


async def test_webhooks_are_signed_with_a_listed_key(rig: Rig) -> None:
    client = Fal(rig)
    keys_url = f"{client.base}/.well-known/jwks.json"
    async with listening() as ear:
        client.endpoint += f"?fal_webhook={ear.url}"
        await client.submit()
        good = await rig.settled(lambda: ear.heard and ear.heard[0])
        rig.vendors.stores["kling"].plan(End.FAIL)
        await client.submit()
        bad = await rig.settled(lambda: len(ear.heard) == 2 and ear.heard[1])
    key_set = (await rig.http.get(keys_url)).json()
    assert verify(good, key_set)
    assert verify(bad, key_set)
    assert not verify(Heard(body=good.body + b" ", headers=good.headers), key_set)
    assert (good.json["status"], set(good.json["payload"])) == ("OK", {"video", "seed"})
    assert (bad.json["status"], "detail" in bad.json["payload"], bool(bad.json["error"])) == ("ERROR", True, True)


async def test_every_endpoint_makes_a_clip_of_its_vendor(rig: Rig) -> None:
    client = Fal(rig)
    for endpoint, spec in ENDPOINTS.items():
        client.endpoint = endpoint
        images = {name: data_uri(picture()) for name, rule in spec.fields.items() if rule.required and name != "prompt"}
        task_id = await client.start_with(**images)
        task = rig.asked(spec.vendor)["tasks"][-1]
        assert task_id.endswith(task["id"])
    done = [task["state"] for vendor in rig.vendors.stores for task in rig.asked(vendor)["tasks"]]
    assert len(done) == len(ENDPOINTS)
    await rig.settled(
        lambda: all(
            task["state"] == "succeeded" for vendor in rig.vendors.stores for task in rig.asked(vendor)["tasks"]
        )
    )


async def test_the_picture_is_where_the_clip_begins(rig: Rig) -> None:
    client = Fal(rig)
    client.endpoint = "fal-ai/minimax/hailuo-2.3/standard/image-to-video"
    seen = await client.finish(await client.start_with(image_url=data_uri(picture("green", (900, 600))), duration="6"))
    video = look(await client.download(seen))
    assert video.seconds == pytest.approx(6)
    assert video.pictures[0].getpixel((100, 60))[1] > 90  # type: ignore[index]  # an RGB pixel


async def test_a_hosts_own_trouble_and_the_makers_trouble_are_two_things(rig: Rig) -> None:
    fal, kling = Fal(rig), Kling(rig)
    rig.world.switch("fal", FaultKind.DOWN)
    assert (await fal.submit()).status_code == 503
    assert (await kling.submit()).status_code == 200
    rig.world.calm()
    rig.world.switch("kling", FaultKind.DOWN)
    assert (await fal.submit()).status_code == 503
    rig.world.calm()
    rig.world.switch("veo", FaultKind.DOWN)
    assert (await fal.submit()).status_code == 200


async def test_jobs_of_an_aggregator_are_not_the_vendors_own(rig: Rig) -> None:
    fal, kling = Fal(rig), Kling(rig)
    task_id = (await fal.submit()).json()["request_id"]
    assert (await kling.ask(task_id)).json()["data"] == []
    assert rig.asked("kling")["tasks"][0]["id"] == task_id


async def test_a_throttled_or_moneyless_create_is_refused(rig: Rig) -> None:
    assert (await Fal(rig, "poor-id:secret").submit()).status_code == 403
    assert (await Fal(rig, "bad-id:secret").submit()).status_code == 401
    rig.world.switch("kling", FaultKind.RATE_LIMITED)
    limited = await Fal(rig).submit()
    assert (limited.status_code, limited.headers["x-fal-error-type"]) == (429, "concurrent_requests_limit")
    rig.world.calm()
    rig.world.switch("kling", FaultKind.GONE)
    assert (await Fal(rig).submit()).status_code == 404
