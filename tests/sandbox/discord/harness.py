"""Runs the stand-in under uvicorn, and a bot that uses most of what discord.py has for commands."""

import asyncio
import io
import re
import socket
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import discord
import uvicorn
import yarl
from discord import app_commands
from starlette.applications import Starlette
from starlette.routing import Mount

from sandbox.discord import BOT_TOKEN, CHANNEL_IDS, GUILD_ID, Discord, Rules
from sandbox.discord.server import Exchange
from sandbox.world import World
from tests.patience import PATIENCE_S
from tests.sandbox.discord.openapi import at_hand
from tests.sandbox.shapes import shape_of

BYTES = bytes(range(256)) * 10
TOKEN = re.compile(r"/[\w-]{40,}")
LEGAL: set[str] = set()  # exchanges that were checked before: ids, times and words aside
TLS = ssl.create_default_context()  # read once: httpx would read it for every client


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """A stand-in that listens."""

    world: World
    platform: Discord

    @property
    def api(self) -> str:
        return f"{self.world.base_url}/discord/api/v10"

    @property
    def gateway(self) -> yarl.URL:
        return yarl.URL(self.world.base_url.replace("http", "ws", 1) + "/discord/gateway")

    def channel(self, client: discord.Client, name: str = "general") -> discord.PartialMessageable:
        """A channel as a worker has it: an id and nothing more."""
        return client.get_partial_messageable(CHANNEL_IDS[name], guild_id=GUILD_ID)


def video(size: int = 600, name: str = "a red fox.mp4") -> discord.File:
    """A file that is called a video."""
    return discord.File(io.BytesIO(BYTES[:size]), name)


async def open_thread(client: discord.Client, message: discord.Message, name: str) -> discord.Thread:
    """A thread on a message. Without a gateway discord.py knows no guild until the channel was fetched."""
    channel = await client.fetch_channel(message.channel.id)
    assert isinstance(channel, discord.TextChannel)
    return await channel.get_partial_message(message.id).create_thread(name=name)


@asynccontextmanager
async def serve(home: Path, rules: Rules) -> AsyncIterator[Sandbox]:
    """A stand-in on a free port, in this event loop."""
    # Named TCP, so that asyncio switches Nagle's algorithm off: it costs 40 ms an answer.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    world = World(home=home, base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", seed=7)
    platform = Discord(world, rules)
    app = Starlette(routes=[Mount("/discord", routes=platform.routes())])
    config = uvicorn.Config(app, log_level="critical", lifespan="off", timeout_graceful_shutdown=1)
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listener])  # without `serve`, which looks every 100 ms whether it is to stop
    try:
        yield Sandbox(world=world, platform=platform)
    finally:
        await server.shutdown(sockets=[listener])


def assert_legal(running: Sandbox) -> None:
    """Whatever a test did: what was accepted was legal, and every answer was one that Discord gives."""
    assert_all_legal(running.platform.exchanges)


def assert_all_legal(exchanges: Iterable[Exchange]) -> None:
    """The same of exchanges with a stand-in that runs anywhere."""
    schema = at_hand()
    if schema is None:
        return
    for each in exchanges:
        was_ordered = each.status == 0  # an error on order stands for whatever Discord might answer
        if was_ordered or each.status >= 500 or each.response == {"message": "404: Not Found", "code": 0}:
            continue
        shape = shape_of(each.method, TOKEN.sub("/token", each.path), each.status, each.request, each.response)
        if shape in LEGAL:
            continue
        problems = schema.response_problems(each.method, each.path, each.status, each.response)
        if each.status < 300:
            problems += schema.request_problems(each.method, each.path, each.request)
        assert not problems, (each, problems)
        LEGAL.add(shape)


class Again(discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]], template=r"again:(?P<number>\d+)"):
    """A button that needs no stored view: what it does is in its custom_id."""

    def __init__(self, number: int) -> None:
        super().__init__(discord.ui.Button(label="Again", custom_id=f"again:{number}"))
        self.number = number

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction, _item: discord.ui.Item[discord.ui.View], match: re.Match[str], /
    ) -> Self:
        return cls(int(match["number"]))

    async def callback(self, interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        await interaction.edit_original_response(content=f"again {self.number}", view=None)


class Rework(discord.ui.Modal, title="Change the prompt"):
    """A modal with the two layouts that discord.py has for inputs."""

    prompt: discord.ui.TextInput[Self] = discord.ui.TextInput(
        label="Prompt", style=discord.TextStyle.paragraph, default="a red fox", max_length=50
    )
    tier: discord.ui.Label[Self] = discord.ui.Label(
        text="Tier",
        component=discord.ui.Select(
            options=[discord.SelectOption(label="Pro", value="pro", default=True), discord.SelectOption(label="Draft")]
        ),
    )

    async def on_submit(self, interaction: discord.Interaction) -> None:
        tier = self.tier.component
        assert isinstance(tier, discord.ui.Select)
        await interaction.response.send_message(f"{self.prompt.value} / {tier.values[0]}", ephemeral=True)


class Pictures(discord.ui.Modal, title="Give me pictures"):
    """A modal with discord.py's own upload."""

    files: discord.ui.Label[Self] = discord.ui.Label(
        text="Files", component=discord.ui.FileUpload(custom_id="files", required=False, min_values=0, max_values=2)
    )

    async def on_submit(self, interaction: discord.Interaction) -> None:
        upload = self.files.component
        assert isinstance(upload, discord.ui.FileUpload)
        read = [f"{file.filename} {(await file.read()).decode()}" for file in upload.values]
        await interaction.response.send_message(", ".join(read) or "nothing", ephemeral=True)


class Bot(discord.Client):
    """A bot that keeps what it was asked."""

    def __init__(self, intents: discord.Intents) -> None:
        super().__init__(intents=intents, guild_ready_timeout=0.05)
        self.tree = app_commands.CommandTree(self)
        self.asked: list[dict[str, object]] = []
        self.interactions: list[discord.Interaction] = []
        self.events: list[str] = []
        self.thought = asyncio.Event()
        self.add_dynamic_items(Again)
        add_commands(self)

    @classmethod
    @asynccontextmanager
    async def running(cls, intents: discord.Intents | None = None) -> AsyncIterator[Self]:
        """Logged in, commands synced, ready; closed at the end."""
        bot = cls(intents or discord.Intents(guilds=True))
        await bot.login(BOT_TOKEN)
        await bot.tree.sync()
        task = asyncio.create_task(bot.connect())
        try:
            async with asyncio.timeout(PATIENCE_S):
                await bot.wait_until_ready()
            yield bot
        finally:
            await bot.close()
            await task

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Identify again without discord.py's five seconds of courtesy."""

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        self.interactions.append(interaction)

    async def on_resumed(self) -> None:
        self.events.append("resumed")

    async def on_message(self, message: discord.Message) -> None:
        self.events.append(f"message:{message.content}")


def add_commands(bot: Bot) -> None:
    """/video answers publicly, /credits for one person only; /rework opens a modal; /slow and /late take their time."""

    tiers = [app_commands.Choice(name="Pro", value="pro"), app_commands.Choice(name="Draft", value="draft")]

    @bot.tree.command(description="Make a video")
    @app_commands.choices(tier=tiers)
    async def video(
        interaction: discord.Interaction,
        prompt: app_commands.Range[str, 3, 100],
        tier: app_commands.Choice[str] | None = None,
        seconds: app_commands.Range[int, 1, 10] = 8,
        strength: float = 0.5,
        audio: bool = False,  # noqa: FBT001, FBT002 (a command's option)
        image: discord.Attachment | None = None,
    ) -> None:
        bot.asked.append(
            {
                "prompt": prompt,
                "tier": tier.value if tier else None,
                "seconds": seconds,
                "strength": strength,
                "audio": audio,
                "image": await image.read() if image else None,
                "channel": interaction.channel_id,
            }
        )
        view = discord.ui.View(timeout=None)
        view.add_item(Again(7))
        await interaction.response.send_message(f"Making {prompt}", view=view)

    @bot.tree.command(description="What is left")
    async def credits(interaction: discord.Interaction) -> None:  # noqa: A001 (a command's name)
        await interaction.response.defer(ephemeral=True, thinking=True)
        await interaction.followup.send("10000 credits")
        await interaction.followup.send("Free credits come on the 1st.", ephemeral=True)

    @bot.tree.command(description="Change the prompt")
    async def rework(interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(Rework())

    @bot.tree.command(description="Give pictures")
    async def pictures(interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(Pictures())

    @bot.tree.command(description="Thinks first")
    async def slow(interaction: discord.Interaction) -> None:
        await interaction.response.defer(thinking=True)
        await bot.thought.wait()
        await interaction.edit_original_response(content="thought about it")

    @bot.tree.command(description="Does not answer")
    async def late(interaction: discord.Interaction) -> None:
        return

    team = app_commands.Group(
        name="team", description="The team", default_permissions=discord.Permissions(manage_guild=True)
    )

    @team.command(description="Give credits")
    async def grant(interaction: discord.Interaction, member: discord.Member, amount: int) -> None:
        await interaction.response.send_message(f"{member.name} gets {amount}", ephemeral=True)

    bot.tree.add_command(team)
