"""The sandbox's HTTP API: the fixed shapes, and what is refused and how."""

from typing import Any

import httpx
import pytest

from sandbox.world import PLATFORMS, VENDORS, FaultKind

SAY = {"platform": "slack", "channel": "general", "user": "ana", "text": "hello"}


async def ok(client: httpx.AsyncClient, method: str, path: str, **body: Any) -> Any:
    response = await client.request(method, path, json=body or None)
    assert response.status_code == 200, response.text
    return response.json()


async def refused(client: httpx.AsyncClient, path: str, body: Any) -> str:
    response = await client.post(path, json=body)
    assert response.status_code == 400
    answer = response.json()
    assert answer["ok"] is False
    return str(answer["error"])


async def test_saying_something_makes_a_message_in_the_fixed_shape(client: httpx.AsyncClient) -> None:
    assert await ok(client, "POST", "/api/say", **SAY) == {"ok": True, "ephemeral": [], "modal": None}

    answer = await ok(client, "GET", "/api/messages?platform=slack&channel=general")

    (message,) = answer["messages"]
    assert set(message) == {"id", "user", "text", "edits", "actions", "files", "thread"}
    assert (message["user"], message["text"], message["edits"]) == ("ana", "hello", 0)


async def test_each_platform_has_messages_of_its_own(client: httpx.AsyncClient) -> None:
    await ok(client, "POST", "/api/say", **SAY)

    assert (await ok(client, "GET", "/api/messages?platform=discord&channel=general"))["messages"] == []
    assert (await ok(client, "GET", "/api/messages?platform=slack&channel=video"))["messages"] == []


async def test_what_only_one_person_saw_comes_back_to_who_said_it(client: httpx.AsyncClient) -> None:
    answer = await ok(client, "POST", "/api/say", **SAY | {"text": "/video help"})

    assert answer["ephemeral"] == ["Say /video and what you want to see."]


async def test_a_bot_that_does_not_answer_is_an_answer_and_not_bad_input(client: httpx.AsyncClient) -> None:
    answer = await ok(client, "POST", "/api/say", **SAY | {"text": "/silent"})

    assert answer == {
        "ok": False,
        "ephemeral": [],
        "modal": None,
        "error": "The application did not respond",
    }


async def test_a_thread_and_an_image_go_along(client: httpx.AsyncClient, sandbox: Any) -> None:
    root = sandbox.slack.post("general", "ana", "root")

    await ok(client, "POST", "/api/say", **SAY | {"thread": root, "image": "https://example.com/fox.png"})

    assert sandbox.slack.heard[-1][1]["thread"] == root
    assert sandbox.slack.heard[-1][1]["image"] == "https://example.com/fox.png"


async def test_files_go_to_the_options_that_they_are_for(client: httpx.AsyncClient, sandbox: Any) -> None:
    files = {"image": "https://example.com/fox.png", "last_image": "data:image/png;base64,AAAA"}
    await ok(client, "POST", "/api/say", **SAY | {"files": files})
    assert sandbox.slack.heard[-1][1]["files"] == files


async def test_a_shortcut_is_used_on_a_message(client: httpx.AsyncClient, sandbox: Any) -> None:
    message = sandbox.slack.post("general", "ben", "look")
    used = {"platform": "slack", "channel": "general", "message": message, "user": "ana"}
    await ok(client, "POST", "/api/shortcut", **used, shortcut="animate")
    assert sandbox.slack.heard[-1] == (
        "shortcut", {"channel": "general", "message": message, "shortcut": "animate", "user": "ana"}
    )  # fmt: skip
    assert "shortcut must be one of animate" in await refused(client, "/api/shortcut", used | {"shortcut": "delete"})


async def test_a_press_opens_a_modal_and_submitting_it_reaches_the_bot(client: httpx.AsyncClient, sandbox: Any) -> None:
    who = {"platform": "discord", "user": "ben"}
    pressed = await ok(client, "POST", "/api/press", **who, channel="general", message="m", action="again")

    modal = pressed["modal"]
    assert (modal["id"], modal["title"]) == ("m1", "Once more")
    assert {key: modal["fields"][0][key] for key in ("name", "label", "value")} == {
        "name": "prompt",
        "label": "Prompt",
        "value": "a red fox",
    }

    sent = await ok(client, "POST", "/api/submit", **who, modal="m1", values={"prompt": "two foxes", "seconds": 8})
    assert sent["ok"]
    assert sandbox.discord.heard[-1] == (
        "submit",
        {"modal": "m1", "user": "ben", "values": {"prompt": "two foxes", "seconds": "8"}},
    )


async def test_the_last_command_can_be_redelivered(client: httpx.AsyncClient, sandbox: Any) -> None:
    assert (await ok(client, "POST", "/api/redeliver", platform="slack"))["ok"]
    assert sandbox.slack.heard == [("redeliver", {})]
    assert sandbox.discord.heard == []


@pytest.mark.parametrize("provider", [*VENDORS, *PLATFORMS])
@pytest.mark.parametrize("kind", [kind.value for kind in FaultKind])
async def test_every_trouble_can_be_switched_on_and_all_off(
    client: httpx.AsyncClient, sandbox: Any, provider: str, kind: str
) -> None:
    await ok(client, "POST", "/api/trouble", provider=provider, kind=kind, rate=0.25, seconds=60)

    (trouble,) = (await ok(client, "GET", "/api/trouble"))["trouble"]
    assert (trouble["provider"], trouble["kind"], trouble["rate"]) == (provider, kind, 0.25)
    assert 0 < trouble["seconds"] <= 60
    assert sandbox.world.trouble()[0].kind is FaultKind(kind)

    assert (await ok(client, "DELETE", "/api/trouble"))["trouble"] == []
    assert sandbox.world.trouble() == []


async def test_trouble_hits_everything_until_it_is_switched_off_unless_told_otherwise(
    client: httpx.AsyncClient,
) -> None:
    answer = await ok(client, "POST", "/api/trouble", provider="veo", kind="down")
    assert answer["trouble"] == [{"provider": "veo", "kind": "down", "rate": 1.0, "seconds": None}]

    answer = await ok(client, "POST", "/api/trouble", provider="veo", kind="down", rate=0)
    assert answer["trouble"] == []


async def test_the_vendors_say_what_they_were_asked(client: httpx.AsyncClient) -> None:
    vendors = await ok(client, "GET", "/api/vendors")

    assert set(vendors) == set(VENDORS)
    assert (vendors["veo"]["submits"], vendors["veo"]["polls"]) == (1, 7)
    assert set(vendors["veo"]["tasks"][0]) == {"id", "state", "prompt", "at"}


async def test_speed_can_be_set_and_read(client: httpx.AsyncClient, sandbox: Any) -> None:
    assert (await ok(client, "GET", "/api/speed"))["factor"] == 15
    assert (await ok(client, "POST", "/api/speed", factor=60))["factor"] == 60
    assert sandbox.world.factor == 60


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("/api/say", [], "The body must be a JSON object."),
        ("/api/say", SAY | {"platform": "teams"}, 'platform must be one of slack, discord, not "teams".'),
        (
            "/api/say",
            SAY | {"channel": "nowhere"},
            'channel must be one of general, video, @ana, @ben, @cleo, @dan, not "nowhere".',
        ),
        ("/api/say", SAY | {"user": "eve"}, 'user must be one of ana, ben, cleo, dan, not "eve".'),
        ("/api/say", SAY | {"text": "  "}, 'text must be a text that is not empty, not "  ".'),
        ("/api/say", SAY | {"thread": 7}, "thread must be a text that is not empty, not 7."),
        ("/api/say", SAY | {"image": "fox.png"}, "image must be a URL that begins with http:// or https://"),
        ("/api/say", SAY | {"files": {"image": "fox.png"}}, "files must be an object of URLs"),
        ("/api/say", SAY | {"files": "fox.png"}, "files must be an object of texts"),
        ("/api/press", SAY, "message must be a text that is not empty; it is missing."),
        ("/api/submit", {"platform": "slack", "user": "ana", "modal": "m1"}, "values must be an object of texts"),
        ("/api/redeliver", {}, "platform must be one of slack, discord; it is missing."),
        ("/api/trouble", {"provider": "nobody", "kind": "down"}, "provider must be one of veo, kling, seedance,"),
        ("/api/trouble", {"provider": "veo", "kind": "rain"}, "kind must be one of down, errors, slow,"),
        ("/api/trouble", {"provider": "veo", "kind": "down", "rate": 1.5}, "rate must be a number from 0 to 1"),
        ("/api/trouble", {"provider": "veo", "kind": "down", "rate": True}, "rate must be a number from 0 to 1"),
        ("/api/trouble", {"provider": "veo", "kind": "down", "seconds": -1}, "seconds must be a number from 0"),
        ("/api/speed", {"factor": "fast"}, 'factor must be a number from 0.1 to 10000, not "fast".'),
        ("/api/speed", {}, "factor must be a number from 0.1 to 10000; it is missing."),
    ],
)
async def test_bad_input_is_told_which_field_and_what_is_legal(
    client: httpx.AsyncClient, sandbox: Any, path: str, body: Any, words: str
) -> None:
    assert words in await refused(client, path, body)
    assert sandbox.slack.heard == []


async def test_a_body_that_is_not_json_is_refused_in_words(client: httpx.AsyncClient) -> None:
    response = await client.post("/api/say", content=b"{")

    assert response.status_code == 400
    assert response.json()["error"] == "The body must be a JSON object."


async def test_a_long_wrong_value_is_not_repeated_in_full(client: httpx.AsyncClient) -> None:
    assert len(await refused(client, "/api/say", SAY | {"user": "x" * 5000})) < 200


async def test_reading_an_unknown_channel_is_refused(client: httpx.AsyncClient) -> None:
    response = await client.get("/api/messages?platform=slack")

    assert response.status_code == 400
    assert response.json()["error"] == "channel must be one of general, video, @ana, @ben, @cleo, @dan; it is missing."


async def test_an_error_is_ordered_counted_and_lifted(client: httpx.AsyncClient) -> None:
    order = {"platform": "slack", "method": "chat.update", "code": "edit_window_closed", "times": 2, "about": "C1"}
    answer = (await client.post("/api/faults", json=order)).json()
    (fault,) = answer["faults"]
    assert {name: fault[name] for name in ("method", "code", "times", "about", "hits")} == {
        "method": "chat.update",
        "code": "edit_window_closed",
        "times": 2,
        "about": "C1",
        "hits": 0,
    }
    assert (await ok(client, "GET", "/api/faults?platform=discord"))["faults"] == []
    await client.post("/api/faults", json=order | {"method": "*", "times": None})
    assert len((await ok(client, "GET", "/api/faults?platform=slack"))["faults"]) == 2
    assert len((await ok(client, "DELETE", f"/api/faults?platform=slack&id={fault['id']}"))["faults"]) == 1
    assert (await ok(client, "DELETE", "/api/faults?platform=slack"))["faults"] == []


async def test_a_switch_of_a_platform_is_turned_and_says_what_it_takes(client: httpx.AsyncClient) -> None:
    (switch,) = (await ok(client, "GET", "/api/switches?platform=slack"))["switches"]
    assert switch == {"name": "loud", "says": "It shouts", "value": False, "choices": []}
    (switch,) = (await ok(client, "POST", "/api/switches", platform="slack", name="loud", value=True))["switches"]
    assert switch["value"] is True
    assert await refused(client, "/api/switches", {"platform": "slack", "name": "loud", "value": "very"}) == (
        "loud must be true or false."
    )
    assert "name must be one of loud" in await refused(client, "/api/switches", {"platform": "slack", "name": "colour"})
