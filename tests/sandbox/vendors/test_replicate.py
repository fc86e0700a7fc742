"""Replicate, down to its bodies: predictions that are emptied, deadlines, lists in pages, signed webhooks."""

from typing import Any

import pytest
from standardwebhooks import Webhook

from sandbox.vendors import End
from sandbox.vendors.replicate.models import MODELS
from sandbox.vendors.task_store import variant
from sandbox.world import FaultKind
from tests.sandbox.vendors.drivers_aggregators import Replicate
from tests.sandbox.vendors.harness import Rig, data_uri, listening, look, picture


async def test_a_prediction_looks_as_documented(rig: Rig) -> None:
    client = Replicate(rig)
    response = await client.submit(duration=10)
    body = response.json()
    assert (response.status_code, body["status"], body["source"], body["output"]) == (201, "starting", "api", None)
    assert body["input"] == {"prompt": "a red fox", "duration": 10}
    assert len(body["id"]) == 26
    seen = await client.finish(client.task_id(response))
    done = (await client.ask(client.task_id(response))).json()
    assert done["metrics"]["predict_time"] > 0
    assert done["created_at"] <= done["started_at"] <= done["completed_at"]
    assert look(await client.download(seen)).seconds == pytest.approx(10)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({}, "input.prompt"),
        ({"prompt": "x", "duration": "6"}, "input.duration"),
        ({"prompt": "x", "duration": 8}, "input.duration"),
        ({"prompt": "x", "resolution": "768P"}, "input.resolution"),
        ({"prompt": 3}, "input.prompt"),
    ],
)
async def test_a_wrong_input_is_422_with_its_fields(rig: Rig, given: dict[str, Any], name: str) -> None:
    response = await Replicate(rig).post({"input": given})
    assert (response.status_code, response.headers["content-type"]) == (422, "application/problem+json")
    body = response.json()
    assert (body["title"], body["status"]) == ("Input validation failed", 422)
    assert body["invalid_fields"][0]["field"] == name


async def test_the_body_itself_is_checked_too(rig: Rig) -> None:
    client = Replicate(rig)
    assert (await client.post({"prompt": "x"})).status_code == 422
    assert (await client.post({"input": {"prompt": "x"}, "webhook_events_filter": ["done"]})).status_code == 422
    client.model = "nobody/nothing"
    assert (await client.submit()).status_code == 404


async def test_an_hour_after_its_end_a_prediction_is_emptied(rig: Rig) -> None:
    client = Replicate(rig)
    task_id = await client.start()
    seen = await client.finish(task_id)
    rig.clock.skipped_s = 3700
    body = (await client.ask(task_id)).json()
    assert (body["status"], body["output"], body["data_removed"], body["input"]) == ("succeeded", None, True, {})
    assert (await rig.http.get(seen.url)).status_code == 404


async def test_a_deadline_aborts_before_the_start_and_cancels_after_it(rig: Rig) -> None:
    client = Replicate(rig)
    rig.world.factor = 0.1
    early = client.task_id(await client.post({"input": {"prompt": "x"}}, **{"cancel-after": "10s"}))
    rig.world.factor = 2000
    rig.world.switch("hailuo", FaultKind.HANG)
    late = client.task_id(await client.post({"input": {"prompt": "x"}}, **{"cancel-after": "1m30s"}))
    await rig.settled(lambda: rig.asked("hailuo")["tasks"][1]["state"] == "running")
    rig.clock.skipped_s = 95
    aborted, cancelled = (await client.ask(early)).json(), (await client.ask(late)).json()
    assert (aborted["status"], "started_at" in aborted) == ("aborted", False)
    assert (cancelled["status"], "started_at" in cancelled) == ("canceled", True)


async def test_cancel_has_one_l(rig: Rig) -> None:
    client = Replicate(rig)
    rig.world.switch("hailuo", FaultKind.HANG)
    task_id = await client.start()
    answer = await rig.http.post(f"{task_id}/cancel", headers=client.headers)
    assert (answer.status_code, answer.json()["status"]) == (200, "canceled")
    assert (await client.ask(task_id)).json()["status"] == "canceled"


async def test_a_create_can_wait(rig: Rig) -> None:
    client = Replicate(rig)
    done = await client.post({"input": {"prompt": "x"}}, prefer="wait=5")
    assert (done.status_code, done.json()["status"]) == (201, "succeeded")
    rig.world.switch("hailuo", FaultKind.HANG)
    waited = await client.post({"input": {"prompt": "x"}}, prefer="wait=1")
    assert (waited.status_code, waited.json()["status"]) == (202, "processing")


async def test_a_version_can_name_the_model(rig: Rig) -> None:
    client = Replicate(rig)
    body = {"input": {"prompt": "x"}, "version": "minimax/hailuo-02"}
    response = await rig.http.post(f"{client.base}/v1/predictions", json=body, headers=client.headers)
    assert (response.status_code, response.json()["model"]) == (201, "minimax/hailuo-02")


async def test_the_list_is_newest_first_in_pages_of_a_hundred(rig: Rig) -> None:
    client = Replicate(rig)
    ids = [(await client.submit()).json()["id"] for _ in range(103)]
    first = (await rig.http.get(f"{client.base}/v1/predictions", headers=client.headers)).json()
    assert ([row["id"] for row in first["results"]], first["previous"]) == (ids[:2:-1], None)
    rest = (await rig.http.get(first["next"], headers=client.headers)).json()
    assert ([row["id"] for row in rest["results"]], rest["next"]) == (ids[2::-1], None)


async def test_a_refusal_is_e005_and_a_failure_is_another_code(rig: Rig) -> None:
    client = Replicate(rig)
    errors = {}
    for end in (End.REFUSE, End.FAIL):
        rig.vendors.stores["hailuo"].plan(end)
        task_id = await client.start()
        await client.finish(task_id)
        body = (await client.ask(task_id)).json()
        assert body["status"] == "failed"
        errors[end] = body["error"]
    assert "(E005)" in errors[End.REFUSE]
    assert "(E004)" in errors[End.FAIL] or "(E1000)" in errors[End.FAIL]


async def test_an_image_that_cannot_be_had_fails_in_the_run(rig: Rig) -> None:
    client = Replicate(rig)
    task_id = await client.start_with(first_frame_image="http://127.0.0.1:9/none.png")
    assert (await client.finish(task_id)).state == "failed"
    assert (await client.ask(task_id)).json()["error"].startswith("Input validation error")


async def test_throttling_comes_with_and_without_a_header(rig: Rig) -> None:
    client = Replicate(rig)
    rig.world.switch("replicate", FaultKind.RATE_LIMITED)
    answers = [await client.submit() for _ in range(2)]
    assert [answer.status_code for answer in answers] == [429, 429]
    assert ["retry-after" in answer.headers for answer in answers] == [True, False]
    assert all("resets in ~" in answer.json()["detail"] for answer in answers)


async def test_webhooks_are_signed_and_may_come_twice(rig: Rig) -> None:
    client = Replicate(rig)
    secret = (await rig.http.get(f"{client.base}/v1/webhooks/default/secret", headers=client.headers)).json()["key"]
    prompts = {variant(f"fox {number}", of=2): f"fox {number}" for number in range(20)}
    async with listening() as ear:
        await client.post({"input": {"prompt": prompts[0]}, "webhook": ear.url, "webhook_events_filter": ["completed"]})
        await rig.settled(lambda: len(ear.heard) == 2)
        assert ear.heard[0].headers["webhook-id"] == ear.heard[1].headers["webhook-id"]
        assert Webhook(secret).verify(ear.heard[0].body, ear.heard[0].headers)["status"] == "succeeded"
        ear.heard.clear()
        await client.post({"input": {"prompt": prompts[1]}, "webhook": ear.url})
        await rig.settled(lambda: any(heard.json["status"] == "succeeded" for heard in ear.heard))
        assert {heard.json["status"] for heard in ear.heard} >= {"succeeded", "starting"}


async def test_every_model_makes_a_clip_of_its_vendor(rig: Rig) -> None:
    client = Replicate(rig)
    for model, spec in MODELS.items():
        client.model = model
        images = {name: data_uri(picture()) for name, rule in spec.fields.items() if rule.required and name != "prompt"}
        task_id = await client.start_with(**images)
        assert task_id.endswith(rig.asked(spec.vendor)["tasks"][-1]["id"])
    await rig.settled(
        lambda: all(
            task["state"] == "succeeded" for vendor in rig.vendors.stores for task in rig.asked(vendor)["tasks"]
        )
    )


@pytest.mark.parametrize(("key", "status"), [("", 401), ("bad-x", 401), ("poor-x", 402)])
async def test_a_token_is_checked(rig: Rig, key: str, status: int) -> None:
    assert (await Replicate(rig, key).submit()).status_code == status


async def test_the_older_form_of_the_token_is_taken(rig: Rig) -> None:
    client = Replicate(rig)
    response = await rig.http.get(f"{client.base}/v1/predictions", headers={"authorization": "Token r8_x"})
    assert response.status_code == 200
