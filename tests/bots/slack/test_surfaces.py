"""Everywhere beside the command: direct messages, mentions, the agent, the Home, and the shortcuts."""

import json
from typing import Any
from uuid import uuid4

import pytest

from bots.slack.api.places import Place, unpacked
from bots.slack.delivery.chat import SlackChat
from bots.slack.home import home
from core.db.pool import Pool
from core.domain.rules.panels import PanelName
from core.replies.chat.card import Card, Text, Tone
from core.replies.chat.plan_step import PlanStep, StepState
from sandbox.slack import Slack
from sandbox.slack.buttons import labels
from sandbox.slack.fixtures import PEOPLE
from tests.bots.conftest import OpenService, all_generations, only_generation
from tests.bots.slack.conftest import OpenBot, whisper
from tests.patience import until

ANA, BEN = PEOPLE[0], PEOPLE[1]


def _home(slack: Slack, person: Any = ANA) -> str:
    return json.dumps(slack.views.homes.get(person.id, {}), ensure_ascii=False)


async def _opened(house: Pool, count: int = 1) -> bool:
    return bool(await house.fetchval("SELECT count(*) = $1 FROM generations WHERE thread IS NOT NULL", count))


async def test_a_mention_makes_a_video_in_the_thread_of_its_message(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(channel="general", user="ana", text="@Neverdark a red fox in the snow tier:draft")
        await until(lambda: _opened(house))
    (asked,) = slack.messages("general")
    (root,) = asked["thread"]
    assert "a red fox in the snow" in root["text"]
    generation = await only_generation(house)
    assert generation.thread is not None
    where = unpacked(generation.thread)
    assert (where.channel, where.ts) == ("C0GENERAL", asked["id"])
    assert generation.request.tier == "draft"
    assert "Neverdark" not in generation.request.prompt


async def test_a_mention_in_a_thread_stays_in_that_thread(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(channel="general", user="ben", text="What shall we film?")
        root = slack.messages("general")[0]["id"]
        await slack.say(channel="general", user="ana", text="@Neverdark a lighthouse", thread=root)
        await until(lambda: _opened(house))
        # Words that answer the video propose a change of it, to that person in that thread; and there it goes on.
        await slack.say(channel="general", user="ana", text="@Neverdark make it night", thread=root)
        asked = await until(lambda: slack.whispers("general", "ana"))
        assert len(slack.messages("general")) == 1
        buttons = [action["action"] for action in asked[0]["actions"] if action["action"].startswith("answer")]
        await slack.press(channel="general", message=asked[0]["id"], action=buttons[0], user="ana")
        await until(lambda: _opened(house, 2))
    assert len(slack.messages("general")) == 1
    threads = {unpacked(each.thread).ts for each in await all_generations(house) if each.thread}
    assert threads == {root}


async def test_a_message_that_slack_delivers_twice_is_one_video(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(channel="general", user="ana", text="@Neverdark a red fox")
        await until(lambda: _opened(house))
        channel = slack.store.named("general")
        assert channel is not None
        (message, *_) = channel.roots()
        for event in slack._talk._events(channel, message):
            from sandbox.slack import envelopes

            window = slack._windows.begin(user=ANA.id, channel=channel.id)
            await slack._actions.deliver(window, envelopes.event(event, at=1))
    assert len(await all_generations(house)) == 1


def _said(slack: Slack, words: str) -> bool:
    """Whether that stands in a thread of her chat with the bot."""
    return any(words in str(reply["text"]) for root in slack.messages("@ana") for reply in root["thread"])


async def test_a_direct_message_is_answered_like_a_command_in_a_thread_of_its_own(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    slack.store.direct(ANA.id)
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(channel="@ana", user="ana", text="credits")
        await until(lambda: _said(slack, "credits left"))
        await slack.say(channel="@ana", user="ana", text="a red fox")
        await until(lambda: _opened(house))
        await slack.say(channel="@ana", user="ana", text="help")
        await until(lambda: _said(slack, "/video a red fox"))
    generation = await only_generation(house)
    assert generation.thread is not None
    where = unpacked(generation.thread)
    asked = next(root for root in slack.messages("@ana") if root["text"] == "a red fox")
    assert (where.channel, where.ts, where.is_agent) == ("D0ANA", asked["id"], True)
    assert {root["user"] for root in slack.messages("@ana")} == {"ana"}, "nothing beside the chats that she began"


async def test_the_agent_shows_its_plan_and_slacks_stop_cancels_with_a_refund(
    slack: Slack, chat: SlackChat, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    slack.store.direct(ANA.id)
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(channel="@ana", user="ana", text="help")
        thread = str(slack.messages("@ana")[0]["id"])
        await slack.say(channel="@ana", user="ana", text="a lighthouse in a storm", thread=thread)
        await until(lambda: _opened(house))
        session = await until(lambda: slack.surfaces.sessions.get(("D0ANA", thread)))
        assert (session.status, session.title) == ("processing", "a lighthouse in a storm")
        last = (await all_generations(house))[-1]
        assert last.thread is not None
        assert unpacked(last.thread).is_agent
        # The worker's progress is one plan block, edited in place.
        steps = (PlanStep("Render with Veo", StepState.RUNNING), PlanStep("Bring it here", StepState.PENDING))
        card = Card(title="Rendering with Veo", tone=Tone.WORKING, plan=steps, parts=(Text("1st in line"),))
        message = await chat.post(last.thread, card, key=uuid4())
        done = Card(title="Made", tone=Tone.GOOD, plan=tuple(PlanStep(s.title, StepState.DONE) for s in steps))
        await chat.edit(last.thread, message, done, key=uuid4())
        plans = [a["blocks"][0] for m, a in slack.requests if m in {"chat.postMessage", "chat.update"}][-2:]
        assert [plan["type"] for plan in plans] == ["plan", "plan"]
        assert [[t["status"] for t in plan["tasks"]] for plan in plans] == [
            ["in_progress", "pending"], ["complete", "complete"],
        ]  # fmt: skip
        assert session.status == "active"
        session.statuses.append("processing")
        direct = slack.store.named("@ana")
        assert direct is not None
        assert (await slack.surfaces.stop(ANA, place=direct, thread=thread)).ok
        await until(lambda: _stopped(house))
        await until(lambda: session.status == "active")
    wishes = {g.request.prompt: g.cancel_requested_at is not None for g in await all_generations(house)}
    assert wishes == {"a lighthouse in a storm": True}


async def _stopped(house: Pool) -> bool:
    return bool(await house.fetchval("SELECT count(*) FROM generations WHERE cancel_requested_at IS NOT NULL"))


async def test_the_home_shows_what_is_left_what_runs_and_what_was_made(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home, "LOOK_S", 0.05)
    monkeypatch.setattr(home, "IDLE_LOOK_S", 0.05)
    async with open_service() as video_service, open_bot(video_service):
        await slack.surfaces.open_app(ANA)
        await until(lambda: "Nothing right now" in _home(slack))
        assert "credits" in _home(slack)
        assert "fallback" in _home(slack).lower(), "she is an admin: the settings are there"
        await slack.surfaces.open_app(BEN)
        await until(lambda: "Nothing right now" in _home(slack, BEN))
        assert "choose:" not in _home(slack, BEN)
        # It changes while she looks at it, without a press; his does not.
        await slack.say(channel="general", user="ana", text="/video a *red* fox <!channel>")
        await until(lambda: "fox" in _home(slack))
        assert "<!channel>" not in _home(slack)
        assert "fox" not in _home(slack, BEN)
        await until(lambda: any(action == "cancel" for action, _ in labels(slack.views.homes[ANA.id]["blocks"])))
        heard = await slack.surfaces.press_home(ANA, action="cancel")
        assert heard.ok
        await until(lambda: "Cancelling" in _home(slack))
        await until(lambda: _stopped(house))
        assert sum(method == "views.publish" for method, _ in slack.requests) < 60


async def test_a_setting_is_chosen_in_the_home(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await slack.surfaces.open_app(ANA)
        home = await until(lambda: slack.views.homes.get(ANA.id))
        action = next(action for action, label in labels(home["blocks"]) if label == "Never fall back")
        heard = await slack.surfaces.press_home(ANA, action=action)
        assert heard.ok
        await until(lambda: house.fetchval("SELECT fallback FROM workspace_settings"))
        await until(lambda: slack.views.homes[ANA.id]["blocks"][0]["type"] == "rich_text")


async def test_a_guest_sees_a_home_that_says_why_not(
    slack: Slack, open_service: OpenService, open_bot: OpenBot
) -> None:
    slack.store.guests.add("ben")
    async with open_service() as video_service, open_bot(video_service):
        await slack.surfaces.open_app(BEN)
        await until(lambda: "does not make videos for" in _home(slack, BEN))
        await slack.say(channel="general", user="ben", text="@Neverdark a red fox")
        assert "does not make videos for" in await whisper(slack, user="ben")


async def test_the_form_from_anywhere_asks_where_the_video_goes(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await slack.surfaces.shortcut(ANA, callback_id="make")
        form = await until(lambda: slack.views.top(ANA.id))
        refused = await slack.submit(modal=form.view["id"], user="ana", values={"prompt": "", "where": "video"})
        assert not refused.ok, "what is wrong is said in the form"
        await slack.submit(modal=form.view["id"], user="ana", values={"prompt": "a red fox", "where": "video"})
        await until(lambda: _opened(house))
    assert len(slack.messages("video")) == 1
    assert slack.messages("general") == []


async def test_a_message_becomes_a_video_in_its_own_thread(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(channel="general", user="ben", text="a red fox jumps over a fence")
        message = slack.messages("general")[0]["id"]
        await slack.shortcut(channel="general", message=message, shortcut="make_of_message", user="ana")
        form = await until(lambda: slack.views.top(ANA.id))
        assert "a red fox jumps over a fence" in json.dumps(form.view)
        await slack.submit(modal=form.view["id"], user="ana", values={})
        await until(lambda: _opened(house))
    (root,) = slack.messages("general")
    assert len(root["thread"]) == 1


async def test_words_of_other_apps_and_edits_start_nothing(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot, chat: SlackChat
) -> None:
    slack.store.direct(ANA.id)
    async with open_service() as video_service, open_bot(video_service):
        from sandbox.slack import envelopes

        for more in ({"bot_id": "B1"}, {"subtype": "message_changed"}, {"subtype": "channel_join"}):
            event = {"type": "message", "channel": "D0ANA", "channel_type": "im", "user": ANA.id, "text": "a fox",
                     "ts": slack.store.mint(), **more}  # fmt: skip
            window = slack._windows.begin(user=ANA.id, channel="D0ANA")
            await slack._actions.deliver(window, envelopes.event(event, at=1))
        await chat.post(Place(channel="D0ANA").packed(), Card(title="a fox of ours"), key=uuid4())
        await slack.say(channel="@ana", user="ana", text="a blue whale")
        await until(lambda: _opened(house))
    assert [g.request.prompt for g in await all_generations(house)] == ["a blue whale"]


async def test_presets_are_made_changed_and_deleted_in_the_home_by_managers_and_named_to_everybody(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async def pressed(label: str, person: Any = ANA) -> Any:
        action = next(action for action, words in labels(slack.views.homes[person.id]["blocks"]) if words == label)
        assert (await slack.surfaces.press_home(person, action=action)).ok
        return await until(lambda: slack.views.top(person.id))

    async def sent(form: Any, **values: str) -> None:
        assert (await slack.submit(modal=form.view["id"], user="ana", values=values)).ok

    async with open_service() as video_service, open_bot(video_service):
        await slack.surfaces.open_app(ANA)
        await until(lambda: "None yet. A preset" in _home(slack))
        await sent(await pressed("New preset …"), name="Noir", words="{prompt}, hard *light*", seconds="6")
        # The answer comes at the top of the Home, and the list below says how things stand.
        await until(lambda: "Changed: 1 rule" in _home(slack) and "*noir*" in _home(slack))
        assert "hard \u200b*\u200blight" in _home(slack), "a manager's words are no format"
        await slack.surfaces.open_app(BEN)
        await until(lambda: "*noir*" in _home(slack, BEN))
        assert "hard" not in _home(slack, BEN)
        assert not {"Change …", "New preset …"} & {words for _, words in labels(slack.views.homes[BEN.id]["blocks"])}
        form = await pressed("Change …")
        assert "hard *light*" in json.dumps(form.view), "it is filled in with what holds"
        refused = await slack.submit(modal=form.view["id"], user="ana", values={"seconds": "six"})
        assert list(refused.errors) == ["seconds"]
        await sent(form, words="{prompt} in the rain")
        await until(lambda: "in the rain" in _home(slack) and "hard" not in _home(slack))
        form = await pressed("Change …")
        assert '"6"' in json.dumps(form.view), "what was left alone stays"
        await slack.dismiss(modal=form.view["id"], user="ana")
        await sent(await pressed("Change …"), gone="delete it")
        await until(lambda: "*noir*" not in _home(slack) and "None yet. A preset" in _home(slack))


async def test_every_panel_opens_from_the_home_and_nobody_else_is_shown_its_button(
    slack: Slack, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await slack.surfaces.open_app(ANA)
        home = await until(lambda: slack.views.homes.get(ANA.id))
        panels = [action for action, _ in labels(home["blocks"]) if action.startswith("rules:")]
        assert len(panels) >= len(PanelName)
        for action in panels:
            assert (await slack.surfaces.press_home(ANA, action=action)).ok
            opened = await until(lambda: slack.views.top(ANA.id))
            assert opened.view["callback_id"] == "panel", action
            await slack.dismiss(modal=opened.view["id"], user="ana")
        await slack.surfaces.open_app(BEN)
        theirs = await until(lambda: slack.views.homes.get(BEN.id))
        assert [action for action, _ in labels(theirs["blocks"]) if action.startswith("rules:")] == []
        assert (await slack.surfaces.press_home(BEN, action=panels[0])).error == "action_not_found"
