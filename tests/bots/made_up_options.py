"""Shows three options that do not exist in every place where a person or an adapter meets one; prints JSON.

`test_made_up_option.py` runs it on a copy of the product that describes them: `style` takes words, `motion` a number
from 1 to 10, and `still` is on or off.
"""

import json
import sys
from dataclasses import asdict, fields
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import discord
from discord import app_commands

from bots.discord.requests import form as discord_form
from bots.discord.requests.commands import Commands
from bots.slack.requests import form as slack_form
from bots.slack.requests.form_memory import Kept
from core.db.generations.generation_rows import request_from
from core.domain.requests.drafts import Draft, draft_of, request_of
from core.domain.requests.pricing import Capabilities, Mode, Offer, Sound, fit
from core.domain.requests.reading import read
from core.domain.requests.request import Aspect, VideoRequest, checked
from core.domain.requests.tiers import VEO
from core.log import refuse_fields
from core.ports import VideoJob
from core.replies.chat.card import Fact
from core.replies.chat.option_words import chosen_facts
from core.replies.requests import help as help_cards
from worker.jobs import job_for
from worker.pictures import Frames

TYPED = "a fox style:noir motion:3 still:on"


def slack_inputs(request: VideoRequest) -> dict[str, Any]:
    """The inputs of Slack's form, and what they are filled in with."""
    blocks = slack_form.view(draft_of(request), Kept(channel="C1"), {})["blocks"]
    inputs = {block["block_id"]: block["element"] for block in blocks if block["type"] == "input"}
    return {
        name: element.get("initial_value") or element.get("initial_option", {}).get("value")
        for name, element in inputs.items()
    }


def discord_line(request: VideoRequest) -> str:
    """The line of Discord's form in which the rarer options stand."""
    modal = discord_form.form(draft_of(request), None, {})
    (line,) = [part for part in modal.walk_children() if getattr(part, "custom_id", "") == "more"]
    return str(cast("discord.ui.TextInput[Any]", line).default)


def typed_options() -> dict[str, Any]:
    """The typed options of Discord's /video, as they are published."""
    client = discord.Client(intents=discord.Intents.none())
    tree = app_commands.CommandTree(client)
    nothing = cast("Any", SimpleNamespace(thread_under=None))
    Commands(nothing, nothing, conversation=nothing, handled=nothing, form=nothing).register(tree)
    (video,) = [command for command in tree.get_commands() if command.name == "video"]
    published = video.to_dict(tree)
    return {option["name"]: option for option in published["options"]}


def job(request: VideoRequest) -> VideoJob:
    """The job that an adapter gets."""
    made = Capabilities(
        modes=(Mode(lines=720, durations_s=(8,)),), aspects=(Aspect.WIDE,), sound=Sound.NEVER, prompt_max=500
    )
    generation = SimpleNamespace(id=UUID(int=1), request=request)
    offer = Offer(provider=VEO, label="Veo", capabilities=made, usd_micros=lambda _: 1)
    return job_for(cast("Any", generation), n=1, fitted=fit(request, made), offer=offer, frames=Frames())


def main() -> None:
    request = checked(request_of(Draft(text=TYPED)))
    assert request_of(draft_of(request)) == request
    assert request_from(json.loads(json.dumps(asdict(request)))) == request
    helped = help_cards.video({}, examples=())
    sys.stdout.write(
        json.dumps(
            {
                "read": {str(option): value for option, value in read(TYPED).chosen.items()},
                "mistyped": [question.why for question in read("a fox motion:11").questions],
                "slack": slack_inputs(request),
                "discord_form": discord_line(request),
                "discord_command": typed_options(),
                "help": {part.label: part.value for part in helped.parts if isinstance(part, Fact)},
                "details": {fact.label: fact.value for fact in chosen_facts(request)},
                "logged": dict(refuse_fields(None, "info", {"event": "x", "style": "noir", "motion": 3})),
                "job": {field.name: str(getattr(job(request), field.name)) for field in fields(VideoJob)},
            }
        )
    )


main()
