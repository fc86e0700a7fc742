"""All that a person can do in Discord while Postgres is slow or says nothing: a first word in 3 s, and a sentence."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest

from bots.discord.credits.credit_forms import CreditForm
from bots.discord.credits.credits import EXPORT, CreditView
from bots.discord.drawing.buttons import choice, custom_id, menu_id
from bots.discord.settings import DiscordSettings
from core.db.pool import Pool
from core.domain.rules.panels import PanelName
from core.replies.chat.card import Action
from core.replies.chat.community_actions import CommunityAction
from sandbox.discord import GUILD_ID, Rules
from sandbox.discord.fixtures import BOT_ID, CHANNEL_IDS, PEOPLE
from sandbox.discord.interactions import Callback, Interaction, Kind
from sandbox.discord.modals import fill
from sandbox.discord.model import Channel, Content, Message
from sandbox.platform import Heard
from tests.bots.conftest import OpenService, all_generations
from tests.bots.discord.conftest import OpenBot
from tests.bots.slow_database import Door, door_before
from tests.patience import until
from tests.sandbox.discord.harness import Sandbox

FIRST_WORD_S = 3.0
ANA = int(PEOPLE[0].id)
PATIENT_S = 60.0
PLENTY = 1_000_000
ROW, BUTTON, MENU = 1, 2, 3
ACKNOWLEDGED = {Callback.DEFERRED_MESSAGE, Callback.DEFERRED_UPDATE}
AT_ONCE = 8
SLOW_S = (1.2, 2.5)
"""What one exchange with the database takes: there is time for one before the deadline, or for none, and for none to
take a query back."""

Do = Callable[[], Awaitable[Any]]
"""Sends one interaction, and is done when its person has heard something."""

COMMANDS = (
    *("/video a red fox", "/video", "/video help", "/video mine", "/video show fox", "/video show", "/video later"),
    *("/video cancel", "/video credits", "/video settings", "/video settings log", "/video providers"),
    *("/video a blue fox takes:2", "/video a fox at:tomorrow", "/video a fox teir:pro", "/video help me"),
    *("/credits", "/credits view:history", "/credits view:month", "/credit-settings", "/providers", "/buy"),
    *("/settings", "/settings fallback:never", "/settings keep:30", "/settings show:rules", "/settings show:log"),
    *("/settings show:usage", "/settings show:check", "/gallery", "/contest", "/community gallery channel:showcase"),
    *("/community contest title:Snow days:7", "/community end"),
)
TYPED = (
    ("/video prompt:show", "prompt"),
    ("/video prompt:fox tier:p", "tier"),
    ("/video prompt:fox preset:n", "preset"),
)


@pytest.fixture
def rules() -> Rules:
    """The test measures itself what a person waits for: a machine that stands still is nobody's fault."""
    return Rules(hang_s=1, retry_after_s=40, answer_s=PATIENT_S, linger_s=0)


@pytest.fixture
def known() -> DiscordSettings:
    """With a shop, so that every command is there."""
    return DiscordSettings(discord_skus="1100000000000000901=500")  # type: ignore[call-arg]  # the rest has defaults


@dataclass(slots=True)
class Clock:
    """The time that this process had: what its event loop has stood still is taken off."""

    now_s: float = 0.0

    async def run(self) -> None:
        before = time.monotonic()
        while True:
            await asyncio.sleep(0.01)
            now = time.monotonic()
            self.now_s += min(now - before, 0.015)
            before = now


@dataclass(slots=True, kw_only=True)
class Walk:
    """What was done, by name, and when it had its first word."""

    sandbox: Sandbox
    clock: Clock
    began: dict[str, float] = field(default_factory=dict)
    heard_s: dict[str, float] = field(default_factory=dict)
    done: dict[str, Interaction] = field(default_factory=dict)
    sending: list[asyncio.Task[Any]] = field(default_factory=list)

    async def do(self, name: str, sent: Awaitable[Any]) -> None:
        """Send one interaction."""
        interactions = self.sandbox.platform._interactions._by_token
        before = len(interactions)
        self.sending.append(asyncio.ensure_future(sent))
        while len(interactions) == before:
            assert not self.sending[-1].done(), (name, self.sending[-1].result())
            await asyncio.sleep(0)
        self.done[name] = next(reversed(interactions.values()))
        self.began[name] = self.clock.now_s

    async def look(self) -> None:
        """Note what has had its first word."""
        while True:
            for name, each in self.done.items():
                if each.answer is not None and name not in self.heard_s:
                    self.heard_s[name] = self.clock.now_s - self.began[name]
            await asyncio.sleep(0.01)

    def late(self) -> dict[str, float]:
        """What had its first word too late, and after how long."""
        return {name: round(took_s, 2) for name, took_s in self.heard_s.items() if took_s > FIRST_WORD_S}

    def silent(self) -> set[str]:
        """What a person waits for still, or was told nothing of that can be read."""
        return {name for name, each in self.done.items() if self._is_silent(each)}

    def _is_silent(self, each: Interaction) -> bool:
        if each.answer is Callback.MODAL:
            return each.modal is None
        if each.answer is Callback.AUTOCOMPLETE:
            return False
        return not any(_says_something(request) for request in self._answers(each))

    def _answers(self, each: Interaction) -> Iterator[Any]:
        for exchange in self.sandbox.platform.exchanges:
            if each.token in exchange.path and exchange.status < 300 and exchange.method != "DELETE":
                yield exchange.request.get("data", exchange.request) if exchange.request else {}


def _says_something(request: Any) -> bool:
    if not isinstance(request, dict):
        return False
    return bool(request.get("content")) or any(each.get("title") for each in request.get("embeds") or [])


@asynccontextmanager
async def walking(sandbox: Sandbox) -> AsyncIterator[Walk]:
    clock = Clock()
    walk = Walk(sandbox=sandbox, clock=clock)
    tasks = [asyncio.create_task(clock.run()), asyncio.create_task(walk.look())]
    try:
        yield walk
    finally:
        for task in (*tasks, *walk.sending):
            task.cancel()
        await asyncio.gather(*tasks, *walk.sending, return_exceptions=True)


def _general(sandbox: Sandbox) -> Channel:
    return sandbox.platform._store.channels[CHANNEL_IDS["general"]]


def _subjects(generation: str, draft: str) -> Mapping[Action | CommunityAction, tuple[str, ...]]:
    """What the buttons of each action say, where it is not a video."""
    return {
        Action.BALANCE: ("0",),
        Action.PAGE: ("0",),
        Action.ANSWER: (f"{draft}-0",),
        Action.FIX: (draft,),
        Action.LATER: (f"{generation}-now",),
        Action.RULES: (*PanelName, "log=9", "of-another-version"),
        Action.CHOOSE: ("fallback=any",),
        CommunityAction.FIRST: (str(GUILD_ID),),
        CommunityAction.PANEL: ("0",),
        CommunityAction.BUY: ("0",),
        CommunityAction.CREDITS: (*CreditView, *CreditForm, EXPORT),
    }


def _buttons(generation: str, draft: str) -> dict[str, tuple[Action | CommunityAction, str]]:
    subjects = _subjects(generation, draft)
    return {
        f"{action.value} {subject}": (action, subject)
        for action in (*Action, *CommunityAction)
        for subject in subjects.get(action, (generation,))
    }


def _with(sandbox: Sandbox, item: dict[str, Any]) -> Message:
    """A message of the bot's that has this button or menu."""
    content = Content(text="-", components=[{"type": ROW, "id": 1, "components": [item | {"id": 2}]}])
    return sandbox.platform._store.post(_general(sandbox), author_id=BOT_ID, content=content)


def _press(sandbox: Sandbox, action: Action | CommunityAction, subject: str) -> Awaitable[Any]:
    button = {"type": BUTTON, "style": 2, "label": "-", "custom_id": custom_id(action, subject, "walk")}
    return _use(sandbox, button)


def _use(sandbox: Sandbox, item: dict[str, Any], *values: str) -> Awaitable[Any]:
    data: dict[str, Any] = {"custom_id": item["custom_id"], "component_type": item["type"], "id": 2}
    if values:
        data["values"] = list(values)
    return sandbox.platform._interactions.send(
        kind=Kind.COMPONENT, user_id=ANA, channel=_general(sandbox), data=data, source=_with(sandbox, item)
    )


def _say(sandbox: Sandbox, text: str) -> Awaitable[Heard]:
    return sandbox.platform.say(channel="general", user="ana", text=text)


async def _forms(sandbox: Sandbox, generation: str) -> dict[str, Do]:
    """Every form that can be opened now, as its person sends it."""
    opened: dict[str, Heard] = {"/video": await _say(sandbox, "/video")}
    for name in PanelName:
        _, opened[f"panel {name}"] = await _press(sandbox, Action.RULES, name)
    for form in CreditForm:
        _, opened[f"credits {form}"] = await _press(sandbox, CommunityAction.CREDITS, form)
    _, opened["edit"] = await _press(sandbox, Action.EDIT, generation)
    return {f"form {name}": _sends(sandbox, heard) for name, heard in opened.items()}


def _sends(sandbox: Sandbox, heard: Heard) -> Do:
    assert heard.modal is not None, heard
    form = sandbox.platform._modals.get(heard.modal.id, ANA)
    given = {each.name: _given(each) for each in heard.modal.fields if not each.optional and not each.value}
    data = {"custom_id": form.custom_id, "components": fill(form, given)}
    return lambda: sandbox.platform._interactions.send(
        kind=Kind.MODAL, user_id=ANA, channel=form.channel, data=data, source=form.source, trigger=form.trigger
    )


def _given(field: Any) -> str:
    if field.options:
        return str(field.options[0])
    return {"prompt": "a red fox", "amount": "5", "code": "ABCD-EFGH"}.get(field.name, "5")


def _choose(sandbox: Sandbox) -> Awaitable[Any]:
    value = choice(Action.CHOOSE, "fallback=never")
    options = [{"label": "-", "value": value}]
    menu = {"type": MENU, "custom_id": menu_id(0, "walk"), "options": options, "min_values": 1, "max_values": 1}
    return _use(sandbox, menu, value)


async def _everything(sandbox: Sandbox, house: Pool) -> dict[str, Do]:
    """All that a person can do, prepared while the database is well."""
    assert (await _say(sandbox, "/video a red fox")).ok
    await until(lambda: _recorded(house))
    generation = str((await all_generations(house))[0].id)
    assert (await _say(sandbox, "/video a fox teir:pro")).ok
    draft = (await house.fetchval("SELECT id FROM drafts LIMIT 1")).hex
    platform, general = sandbox.platform, _general(sandbox)
    written = str(platform._store.post(general, author_id=ANA, content=Content(text="a fox in the snow")).id)
    typed = {" ".join(command.split()[:2]) for command in COMMANDS} | {each.split()[0] for each in COMMANDS}
    assert {each.command for each in platform.commands()} <= typed, "a command that nobody types here"
    return {
        **{text: partial(_say, sandbox, text) for text in COMMANDS},
        **{
            f"{text} …": partial(platform.suggest, channel="general", user="ana", text=text, option=option)
            for text, option in TYPED
        },
        **{
            each.id: partial(platform.shortcut, channel="general", message=written, shortcut=each.id, user="ana")
            for each in platform.shortcuts()
        },
        **{name: partial(_press, sandbox, *pressed) for name, pressed in _buttons(generation, draft).items()},
        "a menu": partial(_choose, sandbox),
        **await _forms(sandbox, generation),
    }


async def _recorded(house: Pool) -> bool:
    recorded: bool = await house.fetchval("SELECT count(*) > 0 FROM deliveries WHERE kind = 'root' AND state = 'done'")
    return recorded


@asynccontextmanager
async def _behind_a_door(
    database: str, open_service: OpenService, open_bot: OpenBot, *, connections: int
) -> AsyncIterator[Door]:
    async with (
        door_before(database) as door,
        open_service(dsn=door.dsn, connections=connections, free_credits=PLENTY) as service,
        open_bot(service),
    ):
        try:
            yield door
        finally:
            door.takes_s = 0.0
            door.open()


async def _none(left: Callable[[], Collection[str]]) -> None:
    """Wait until none of these is left."""
    end = time.monotonic() + PATIENT_S
    while still := left():
        assert time.monotonic() < end, still
        await asyncio.sleep(0.02)


async def test_whatever_is_done_while_the_database_says_nothing_has_its_word_in_time_and_then_its_sentence(
    sandbox: Sandbox, house: Pool, database: str, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with _behind_a_door(database, open_service, open_bot, connections=4) as door:
        everything = await _everything(sandbox, house)
        async with walking(sandbox) as walk:
            door.shut()
            for name, do in everything.items():
                await walk.do(name, do())
            await _none(lambda: walk.done.keys() - walk.heard_s.keys())
            door.open()
            await _none(walk.silent)
    assert walk.late() == {}


@pytest.mark.parametrize("slow_s", SLOW_S)
async def test_what_has_to_look_before_its_first_word_looks_for_3_s_at_most_however_slow_the_database_is(
    sandbox: Sandbox, house: Pool, database: str, open_service: OpenService, open_bot: OpenBot, slow_s: float
) -> None:
    """Forms and suggestions are first words themselves: nothing tells a person before that it takes a while."""
    async with _behind_a_door(database, open_service, open_bot, connections=AT_ONCE) as door:
        everything = await _everything(sandbox, house)
        async with walking(sandbox) as walk:
            for name, do in everything.items():
                await walk.do(name, do())
            await _none(walk.silent)
            quick = [name for name, each in walk.done.items() if each.answer not in ACKNOWLEDGED]
            assert len(quick) > len(PanelName)
        door.takes_s = slow_s
        async with walking(sandbox) as walk:
            for start in range(0, len(quick), AT_ONCE):
                for name in quick[start : start + AT_ONCE]:
                    await walk.do(name, everything[name]())
                await _none(lambda: walk.done.keys() - walk.heard_s.keys())
            await _none(walk.silent)
    assert walk.late() == {}
