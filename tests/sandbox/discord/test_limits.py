"""What Discord refuses in a message: the field, the code, and nothing posted."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.routing import Mount

from sandbox.discord import BOT_TOKEN, CHANNEL_IDS, GUILD_ID, Discord, Rules
from sandbox.world import World
from tests.sandbox.discord.harness import Sandbox, assert_legal

MESSAGES = f"/channels/{CHANNEL_IDS['general']}/messages"
V2 = 1 << 15


@pytest.fixture
def sandbox(tmp_path: Path, rules: Rules) -> Iterator[Sandbox]:
    """The stand-in without a socket: limits need none."""
    world = World(home=tmp_path, base_url="http://sandbox")
    running = Sandbox(world=world, platform=Discord(world, rules))
    yield running
    assert_legal(running)


@pytest_asyncio.fixture
async def http(sandbox: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette(routes=[Mount("/discord", routes=sandbox.platform.routes())])
    headers = {"Authorization": f"Bot {BOT_TOKEN}"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=sandbox.api, headers=headers) as client:
        yield client


def button(custom_id: str = "a", **more: Any) -> dict[str, Any]:
    return {"type": 2, "style": 1, "label": "Press", "custom_id": custom_id} | more


def row(*inner: dict[str, Any]) -> dict[str, Any]:
    return {"type": 1, "components": list(inner)}


def text(content: str) -> dict[str, Any]:
    return {"type": 10, "content": content}


def select(count: int) -> dict[str, Any]:
    options = [{"label": f"{n}", "value": f"{n}"} for n in range(count)]
    return {"type": 3, "custom_id": "s", "options": options}


TOO_MUCH: list[tuple[dict[str, Any], str, str]] = [
    ({"content": "x" * 2001}, "content", "BASE_TYPE_MAX_LENGTH"),
    ({"content": {"no": "text"}}, "content", "STRING_TYPE_CONVERT"),
    ({"content": "x", "nonce": "n" * 26}, "nonce", "BASE_TYPE_MAX_LENGTH"),
    ({"embeds": [{"title": "t"}] * 11}, "embeds", "BASE_TYPE_MAX_LENGTH"),
    ({"embeds": [{"title": "t" * 257}]}, "embeds.0.title", "BASE_TYPE_MAX_LENGTH"),
    ({"embeds": [{"description": "t" * 4097}]}, "embeds.0.description", "BASE_TYPE_MAX_LENGTH"),
    ({"embeds": [{"description": "t" * 4000}] * 2}, "embeds", "MAX_EMBED_SIZE_EXCEEDED"),
    ({"embeds": [{"fields": [{"name": "n", "value": "v"}] * 26}]}, "embeds.0.fields", "BASE_TYPE_MAX_LENGTH"),
    ({"embeds": [{"fields": [{"name": "n", "value": ""}]}]}, "embeds.0.fields.0.value", "BASE_TYPE_REQUIRED"),
    ({"embeds": [{"footer": {"text": "f" * 2049}}]}, "embeds.0.footer.text", "BASE_TYPE_MAX_LENGTH"),
    ({"embeds": [{"title": "t", "url": "javascript:1"}]}, "embeds.0.url", "URL_TYPE_INVALID_SCHEME"),
    ({"embeds": [{}]}, "embeds.0.description", "BASE_TYPE_REQUIRED"),
    ({"components": [row(button())] * 6}, "components", "BASE_TYPE_MAX_LENGTH"),
    (
        {"components": [row(*(button(f"{n}") for n in range(6)))]},
        "components.0.components",
        "BASE_TYPE_BAD_LENGTH",
    ),
    (
        {"components": [row(button(), button())]},
        "components.0.components.1.custom_id",
        "COMPONENT_CUSTOM_ID_DUPLICATED",
    ),
    ({"components": [row(button("c" * 101))]}, "components.0.components.0.custom_id", "BASE_TYPE_BAD_LENGTH"),
    ({"components": [row(button(label="l" * 81))]}, "components.0.components.0.label", "BASE_TYPE_MAX_LENGTH"),
    ({"components": [row(button(style=7))]}, "components.0.components.0.style", "BASE_TYPE_CHOICES"),
    ({"components": [row(button(style=5))]}, "components.0.components.0.url", "BASE_TYPE_REQUIRED"),
    ({"components": [row(select(26))]}, "components.0.components.0.options", "BASE_TYPE_BAD_LENGTH"),
    ({"components": [row(select(2), button())]}, "components.0.components", "COMPONENT_LAYOUT_WIDTH_EXCEEDED"),
    ({"components": [text("x")]}, "components.0.type", "UNION_TYPE_CHOICES"),
    ({"flags": V2, "content": "x"}, "content", "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"),
    (
        {"flags": V2, "embeds": [{"title": "x"}]},
        "embeds",
        "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
    ),
    ({"flags": V2, "components": [text("x")] * 41}, "components", "BASE_TYPE_MAX_LENGTH"),
    (
        {"flags": V2, "components": [{"type": 17, "components": [text("x")] * 40}]},
        "components",
        "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED",
    ),
    (
        {"flags": V2, "components": [text("x" * 2001)] * 2},
        "components",
        "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED",
    ),
    (
        {"flags": V2, "components": [{"type": 12, "items": [{"media": {"url": "attachment://fox.mp4"}}]}]},
        "components.0.items.0.media",
        "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND",
    ),
    ({"flags": V2, "components": [{"type": 12, "items": []}]}, "components.0.items", "BASE_TYPE_BAD_LENGTH"),
    (
        {"flags": V2, "components": [{"type": 9, "components": [text("x")]}]},
        "components.0.accessory.type",
        "UNION_TYPE_CHOICES",
    ),
    ({"content": "x", "message_reference": {"message_id": "1"}}, "message_reference", "REPLIES_UNKNOWN_MESSAGE"),
]


@pytest.mark.parametrize(("body", "path", "code"), TOO_MUCH, ids=[f"{path}-{code}" for _, path, code in TOO_MUCH])
async def test_what_is_over_a_limit_is_refused_by_its_field(
    sandbox: Sandbox, http: httpx.AsyncClient, body: dict[str, Any], path: str, code: str
) -> None:
    refused = await http.post(MESSAGES, json=body)

    answer = refused.json()
    assert (refused.status_code, answer["code"], answer["message"]) == (400, 50035, "Invalid Form Body")
    errors = answer["errors"]
    for step in path.split("."):
        errors = errors[step]
    assert code in [error["code"] for error in errors["_errors"]]
    assert sandbox.platform.messages("general") == []


@pytest.mark.parametrize("body", [{}, {"content": ""}, {"content": " \n "}, {"embeds": [], "components": []}])
async def test_an_empty_message_is_refused(http: httpx.AsyncClient, body: dict[str, Any]) -> None:
    refused = await http.post(MESSAGES, json=body)

    assert (refused.status_code, refused.json()["code"]) == (400, 50006)


@pytest.mark.parametrize(
    "body",
    [
        {"content": "x" * 2000},
        {"embeds": [{"description": "x" * 4096}, {"description": "x" * 1904}]},
        {"components": [row(*(button(f"{r}{n}") for n in range(5))) for r in range(5)]},
        {"components": [row(select(25))]},
        {"content": "x", "nonce": "n" * 25},
        {"flags": V2, "components": [{"type": 17, "components": [text("x")] * 39}]},
    ],
)
async def test_what_is_just_within_a_limit_is_taken(http: httpx.AsyncClient, body: dict[str, Any]) -> None:
    assert (await http.post(MESSAGES, json=body)).status_code == 200


async def test_json_that_is_none_is_refused(http: httpx.AsyncClient) -> None:
    refused = await http.post(MESSAGES, content=b"{", headers={"Content-Type": "application/json"})

    assert (refused.status_code, refused.json()["code"]) == (400, 50109)


async def test_components_v2_cannot_be_taken_off_again(http: httpx.AsyncClient) -> None:
    sent = (await http.post(MESSAGES, json={"flags": V2, "components": [text("new")]})).json()
    path = f"{MESSAGES}/{sent['id']}"

    assert (await http.patch(path, json={"flags": 0, "content": "old"})).status_code == 400
    edited = await http.patch(path, json={"components": [text("newer")]})
    assert edited.json()["flags"] == V2
    assert edited.json()["components"] == [{"type": 10, "id": 1, "content": "newer"}]


async def test_an_old_message_becomes_components_v2_when_its_text_goes(http: httpx.AsyncClient) -> None:
    sent = (await http.post(MESSAGES, json={"content": "old"})).json()
    path = f"{MESSAGES}/{sent['id']}"

    assert (await http.patch(path, json={"flags": V2, "components": [text("new")]})).status_code == 400
    assert (await http.patch(path, json={"flags": V2, "content": None, "components": [text("new")]})).status_code == 200


async def test_commands_are_checked_as_a_whole(http: httpx.AsyncClient) -> None:
    me = (await http.get("/users/@me")).json()["id"]
    option = {"type": 3, "name": "prompt", "description": "What to see"}
    commands = [
        {"name": "Video", "description": "x"},
        {"name": "two", "description": ""},
        {"name": "two", "description": "x"},
        {"name": "order", "description": "x", "options": [option, option | {"name": "b", "required": True}]},
        {"name": "twice", "description": "x", "options": [option, option]},
        {"name": "kind", "description": "x", "options": [option | {"type": 12}]},
    ]

    refused = await http.put(f"/applications/{me}/commands", json=commands)

    errors = refused.json()["errors"]
    assert errors["0"]["name"]["_errors"][0]["code"] == "APPLICATION_COMMAND_INVALID_NAME"
    assert errors["1"]["description"]["_errors"][0]["code"] == "BASE_TYPE_REQUIRED"
    assert errors["2"]["name"]["_errors"][0]["code"] == "APPLICATION_COMMANDS_DUPLICATE_NAME"
    assert errors["3"]["options"]["_errors"][0]["code"] == "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID"
    assert errors["4"]["options"]["_errors"][0]["code"] == "APPLICATION_COMMAND_OPTIONS_NAME_DUPLICATED"
    assert errors["5"]["options"]["0"]["type"]["_errors"][0]["code"] == "BASE_TYPE_CHOICES"
    assert (await http.get(f"/applications/{me}/commands")).json() == []


async def test_a_command_keeps_its_id_and_the_guilds_own_hides_the_global_one(
    sandbox: Sandbox, http: httpx.AsyncClient
) -> None:
    me = (await http.get("/users/@me")).json()["id"]
    everywhere, here = f"/applications/{me}/commands", f"/applications/{me}/guilds/{GUILD_ID}/commands"

    first = (await http.put(everywhere, json=[{"name": "video", "description": "global"}])).json()
    again = (await http.put(everywhere, json=[{"name": "video", "description": "global"}])).json()
    await http.put(here, json=[{"name": "video", "description": "of the guild"}])

    assert again[0]["id"] == first[0]["id"]
    assert [(hint.command, hint.description) for hint in sandbox.platform.commands()] == [("/video", "of the guild")]
    assert (await http.put("/applications/1/commands", json=[])).json()["code"] == 10002
    assert (await http.put(f"/applications/{me}/guilds/1/commands", json=[])).json()["code"] == 10004
