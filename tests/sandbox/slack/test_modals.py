"""Modals with an unmodified Bolt app: opened by a trigger, filled in, refused, replaced, closed."""

import base64
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError

from sandbox.slack import Slack
from tests.sandbox.slack.conftest import client_for, connected


def plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


def option(text: str) -> dict[str, Any]:
    return {"text": plain(text.title()), "value": text}


def view(title: str = "Again", **more: Any) -> dict[str, Any]:
    return {
        "type": "modal",
        "callback_id": "again",
        "private_metadata": "g1",
        "title": plain(title),
        "submit": plain("Make it"),
        "blocks": [
            {"type": "section", "text": {"type": "mrkdwn", "text": "Change *what you like*"}},
            {
                "type": "input",
                "block_id": "prompt",
                "label": plain("Prompt"),
                "element": {
                    "type": "plain_text_input",
                    "action_id": "typed",
                    "multiline": True,
                    "max_length": 20,
                    "initial_value": "a fox",
                },
            },
            {
                "type": "input",
                "block_id": "tier",
                "optional": True,
                "label": plain("Tier"),
                "element": {
                    "type": "static_select",
                    "action_id": "picked",
                    "options": [option("pro"), option("draft")],
                },
            },
        ],
        **more,
    }


def opener(opened: dict[str, Any], submitted: list[dict], answer: dict[str, Any] | None = None):
    def register(app: AsyncApp) -> None:
        @app.command("/video")
        async def video(ack, body, client):
            await ack()
            await client.views_open(trigger_id=body["trigger_id"], view=opened)

        @app.view("again")
        async def again(ack, body, client):
            submitted.append(body)
            await ack(**(answer or {}))
            await client.chat_postEphemeral(channel="C0GENERAL", user=body["user"]["id"], text="on its way")

    return register


async def test_a_modal_opens_with_its_fields_and_sends_what_was_filled_in(slack: Slack) -> None:
    submitted: list[dict] = []
    async with connected(slack, opener(view(), submitted)):
        modal = (await slack.say(channel="general", user="ana", text="/video")).modal
        assert modal is not None
        assert (modal.title, modal.submit, modal.text) == ("Again", "Make it", "Change what you like")
        assert [(field.name, field.label, field.value, field.multiline, field.options) for field in modal.fields] == [
            ("prompt", "Prompt", "a fox", True, ()),
            ("tier", "Tier", "", False, ("Pro", "Draft")),
        ]
        heard = await slack.submit(modal=modal.id, user="ana", values={"tier": "Pro"})
        assert (heard.ok, heard.ephemeral, heard.modal) == (True, ("on its way",), None)
        assert not (await slack.submit(modal=modal.id, user="ana", values={})).ok
    values = submitted[0]["view"]["state"]["values"]
    assert values["prompt"]["typed"] == {"type": "plain_text_input", "value": "a fox"}
    assert values["tier"]["picked"]["selected_option"]["value"] == "pro"
    assert submitted[0]["view"]["private_metadata"] == "g1"


PICTURE = "data:image/png;base64," + base64.b64encode(b"a picture").decode()


def with_files(price: str = "15 credits") -> dict[str, Any]:
    tiers = {"type": "static_select", "action_id": "picked", "options": [option("draft"), option("pro")]}
    files = {"type": "file_input", "action_id": "put", "filetypes": ["png"], "max_files": 2}
    made = view()
    made["blocks"] = [
        {"type": "input", "block_id": "tier", "label": plain("Tier"), "element": tiers, "dispatch_action": True},
        {"type": "context", "block_id": "price", "elements": [plain(price)]},
        {"type": "input", "block_id": "files", "label": plain("Files"), "element": files, "optional": True},
    ]
    return made


async def test_a_choice_in_an_open_modal_is_told_and_files_are_uploaded_when_it_is_sent(slack: Slack) -> None:
    submitted: list[dict] = []
    told: list[dict] = []

    def register(app: AsyncApp) -> None:
        opener(with_files(), submitted)(app)

        @app.action("picked")
        async def picked(ack, body, client):
            await ack()
            told.append(body)
            await client.views_update(
                view_id=body["view"]["id"], hash=body["view"]["hash"], view=with_files("128 credits")
            )

    async with connected(slack, register):
        modal = (await slack.say(channel="general", user="ana", text="/video")).modal
        assert modal is not None
        assert [(field.name, field.live, field.files) for field in modal.fields] == [
            ("tier", True, 0), ("files", False, 2),
        ]  # fmt: skip
        values = {"tier": "Pro", "files": PICTURE}
        heard = await slack.change(modal=modal.id, user="ana", field="tier", values=values)
        assert heard.modal is not None
        assert heard.modal.text == "128 credits"
        assert (await slack.change(modal=modal.id, user="ana", field="files", values=values)).ok
        three = await slack.submit(modal=modal.id, user="ana", values={"tier": "Pro", "files": f"{PICTURE}\n" * 3})
        assert three.error == "Files: Please add at most 2 files."
        none = await slack.submit(modal=modal.id, user="ana", values={"tier": "Pro", "files": "data:text/plain,x"})
        assert not none.ok
        assert (await slack.submit(modal=modal.id, user="ana", values=values)).ok
    (change,) = told
    assert (change["container"]["type"], change["actions"][0]["selected_option"]["value"]) == ("view", "pro")
    assert change["view"]["state"]["values"]["tier"]["picked"]["selected_option"]["value"] == "pro"
    (file,) = submitted[0]["view"]["state"]["values"]["files"]["put"]["files"]
    assert (file["mimetype"], file["user"]) == ("image/png", "U0ANA")


async def test_what_slacks_client_refuses_never_reaches_the_app(slack: Slack) -> None:
    submitted: list[dict] = []
    async with connected(slack, opener(view(), submitted)):
        modal = (await slack.say(channel="general", user="ana", text="/video")).modal
        assert modal is not None
        for values, wrong in (
            ({"prompt": ""}, "Prompt: Please complete this required field."),
            ({"typed": "x" * 21}, "Prompt: Please enter at most 20 characters."),
            ({"tier": "gold"}, "Tier: No such option: gold"),
        ):
            heard = await slack.submit(modal=modal.id, user="ana", values=values)
            assert (heard.ok, heard.error) == (False, wrong)
            assert heard.modal is not None
        assert (await slack.submit(modal=modal.id, user="ben", values={})).error == "not_found"
    assert submitted == []


async def test_errors_of_the_app_keep_the_modal_open(slack: Slack) -> None:
    answer = {"response_action": "errors", "errors": {"prompt": "Nothing but foxes, please."}}
    async with connected(slack, opener(view(), [], answer)):
        modal = (await slack.say(channel="general", user="ana", text="/video")).modal
        assert modal is not None
        for _ in range(2):
            heard = await slack.submit(modal=modal.id, user="ana", values={"prompt": "a dog"})
            assert (heard.ok, heard.error) == (False, "Prompt: Nothing but foxes, please.")


@pytest.mark.parametrize("action", ["update", "push"])
async def test_the_app_may_answer_with_another_view(slack: Slack, action: str) -> None:
    answer = {"response_action": action, "view": view("Second")}
    async with connected(slack, opener(view(), [], answer)):
        modal = (await slack.say(channel="general", user="ana", text="/video")).modal
        assert modal is not None
        heard = await slack.submit(modal=modal.id, user="ana", values={})
        assert heard.ok
        assert heard.modal is not None
        assert heard.modal.title == "Second"
        assert (heard.modal.id == modal.id) == (action == "update")


async def test_a_trigger_opens_one_modal_and_not_late(slack: Slack) -> None:
    triggers: list[str] = []

    def register(app: AsyncApp) -> None:
        @app.command("/video")
        async def video(ack, body):
            triggers.append(body["trigger_id"])
            await ack("ok")

    async with connected(slack, register):
        await slack.say(channel="general", user="ana", text="/video")
    client = client_for(slack)
    await client.views_open(trigger_id=triggers[0], view=view())
    for trigger, error in ((triggers[0], "exchanged_trigger_id"), ("1.2.3", "invalid_trigger_id")):
        with pytest.raises(SlackApiError, match=error):
            await client.views_open(trigger_id=trigger, view=view())


async def test_an_open_modal_is_updated_unless_the_hash_is_old(slack: Slack) -> None:
    async with connected(slack, opener(view(), [])):
        modal = (await slack.say(channel="general", user="ana", text="/video")).modal
    assert modal is not None
    client = client_for(slack)
    old = slack.views.opened[modal.id].view["hash"]
    changed = await client.views_update(view_id=modal.id, view=view("Changed"), hash=old)
    assert changed["view"]["title"]["text"] == "Changed"
    with pytest.raises(SlackApiError, match="hash_conflict"):
        await client.views_update(view_id=modal.id, view=view("Again"), hash=old)
    with pytest.raises(SlackApiError, match="not_found"):
        await client.views_update(view_id="V0NONE", view=view())


async def test_a_view_that_slack_would_not_take_is_refused(slack: Slack) -> None:
    async with connected(slack, opener(view(), [])):
        await slack.say(channel="general", user="ana", text="/video")
    client = client_for(slack)
    for wrong, said in (
        (view("x" * 25), "must be less than 25 characters [json-pointer:/view/title/text]"),
        ({**view(), "submit": None}, "missing required field: submit [json-pointer:/view]"),
    ):
        with pytest.raises(SlackApiError) as caught:
            await client.views_open(trigger_id="1.2.3", view=wrong)
        assert caught.value.response["error"] == "invalid_arguments"
        assert caught.value.response["response_metadata"]["messages"] == [f"[ERROR] {said}"]


async def test_closing_a_modal_tells_an_app_that_asked_to_know(slack: Slack) -> None:
    closed: list[str] = []

    def register(app: AsyncApp) -> None:
        opener(view(notify_on_close=True), [])(app)

        @app.view_closed("again")
        async def gone(ack, body):
            await ack()
            closed.append(body["view"]["id"])

    async with connected(slack, register):
        modal = (await slack.say(channel="general", user="ana", text="/video")).modal
        assert modal is not None
        assert (await slack.dismiss(modal=modal.id, user="ana")).ok
        assert closed == [modal.id]
        assert not (await slack.submit(modal=modal.id, user="ana", values={})).ok


async def test_a_home_tab_is_published_for_one_person(slack: Slack) -> None:
    client = client_for(slack)
    home = {"type": "home", "blocks": [{"type": "divider"}]}
    first = await client.views_publish(user_id="U0ANA", view=home)
    second = await client.views_publish(user_id="U0ANA", view=home)
    assert first["view"]["id"] == second["view"]["id"]
    assert set(slack.views.homes) == {"U0ANA"}
