"""Who and what is in the sandbox's Slack workspace: tokens, people, channels, the bot and its commands."""

from dataclasses import dataclass
from typing import Any

from sandbox.platform import CommandHint, Person, Shortcut

Json = dict[str, Any]

BOT_TOKEN = "xoxb-sandbox"  # noqa: S105 - the stand-in's own public token
APP_TOKEN = "xapp-sandbox"  # noqa: S105 - the stand-in's own public token

TEAM_ID = "T0SANDBOX"
OTHER_TEAM_ID = "T0ELSEWHERE"
"""Whose members are strangers here, in channels that two workspaces share."""
ORG_ID = "E0SANDBOX"
TEAM_NAME = "Neverdark Sandbox"
TEAM_DOMAIN = "neverdark-sandbox"
APP_ID = "A0SANDBOX"
BOT_ID = "B0NEVERDARK"
BOT_USER_ID = "U0NEVERDARK"
BOT_NAME = "Neverdark"
SLACKBOT_ID = "USLACKBOT"

PEOPLE = (
    Person(name="ana", id="U0ANA", admin=True),
    Person(name="ben", id="U0BEN", admin=False),
    Person(name="cleo", id="U0CLEO", admin=False),
    Person(name="dan", id="U0DAN", admin=False),
)

NAMES = {person.id: person.name for person in PEOPLE} | {BOT_USER_ID: BOT_NAME, SLACKBOT_ID: "Slackbot"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """A workspace: what tells it from another one. People and channels have the same ids in all of ours, on purpose."""

    id: str = TEAM_ID
    name: str = TEAM_NAME
    domain: str = TEAM_DOMAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A channel as the workspace starts: `member` says whether the bot is in it."""

    id: str
    name: str
    private: bool = False
    member: bool = True


GENERAL = Place(id="C0GENERAL", name="general")
VIDEO = Place(id="C0VIDEO", name="video")
RANDOM = Place(id="C0RANDOM", name="random")
QUIET = Place(id="C0QUIET", name="quiet", private=True, member=False)
TOWN = Place(id="C0TOWN", name="town", member=False)
PLACES = (GENERAL, VIDEO, RANDOM, QUIET, TOWN)

COMMANDS = (
    CommandHint(
        command="/video",
        description="Make a video from a sentence",
        options=(
            {"name": "prompt", "description": "What the video shows", "choices": [], "required": True},
            {
                "name": "tier",
                "description": "Quality and price",
                "choices": ["ultra", "pro", "standard", "draft"],
                "required": False,
            },
            {
                "name": "aspect",
                "description": "The picture's shape",
                "choices": ["16:9", "9:16", "1:1"],
                "required": False,
            },
            {"name": "seconds", "description": "How long", "choices": [4, 6, 8, 10], "required": False},
            {
                "name": "image",
                "description": "The address of a picture to begin with",
                "choices": [],
                "required": False,
            },
        ),
    ),
    CommandHint(command="/credits", description="What is left; or: history, month, gift, budget, limits, link"),
    CommandHint(command="/providers", description="How the providers are doing"),
    CommandHint(
        command="/settings",
        description="How this workspace's videos are made; for admins",
        options=(
            {
                "name": "fallback",
                "description": "Who may take over when a provider fails",
                "choices": ["never", "same_tier", "any"],
                "required": False,
            },
        ),
    ),
)

GROUPS = {"S0DESIGN": ("designers", ("U0CLEO",)), "S0FILM": ("film", ("U0BEN", "U0CLEO"))}
"""User groups: by id, the handle and the members."""

SUBSCRIPTIONS = ("app_mention", "message.im")
"""The events of messages that the app asked for."""
SHORTCUTS = (
    Shortcut(id="animate", name="Animate this picture"),
    Shortcut(id="make_of_message", name="Make a video of this"),
)
GLOBAL_SHORTCUTS = (Shortcut(id="make", name="Make a video"),)
"""Those that are used from nowhere in particular."""
AGENT_PROMPTS = (
    ("A first video", "a red fox in the snow"),
    ("Upright, for a phone", "a lighthouse in a storm aspect:9:16"),
    ("What is left?", "credits"),
    ("What can you do?", "help"),
)
"""What the app's manifest suggests to whoever opens a chat with it: titles, and what is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """What a step of a workflow asks for, or brings."""

    name: str
    title: str
    kind: type
    optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The step that the app's manifest offers to workflows."""

    callback_id: str
    title: str
    inputs: tuple[Parameter, ...]
    outputs: tuple[Parameter, ...]


STEP = Step(
    callback_id="make_video",
    title="Make a video",
    inputs=(
        Parameter(name="prompt", title="What it shows", kind=str),
        Parameter(name="channel", title="Where it goes", kind=str),
        Parameter(name="tier", title="Quality", kind=str, optional=True),
    ),
    outputs=(Parameter(name="link", title="Link", kind=str), Parameter(name="credits", title="Credits", kind=int)),
)


def people_of_groups() -> dict[str, set[str]]:
    """By user group, the names of its members as the workspace starts."""
    return {group: {NAMES[member] for member in members} for group, (_, members) in GROUPS.items()}


def person_called(name: str) -> Person | None:
    """The person with this name or this Slack user id."""
    return next((person for person in PEOPLE if name in {person.name, person.id}), None)
