"""`neverdark discord`: the bot's process, and the addresses at which servers and people add it."""

import asyncio
from typing import Annotated

import typer

from neverdark.errors import CliError, Misconfigured

app = typer.Typer(help="Run the Discord bot alone, or print how it is invited.", add_completion=False)

Server = Annotated[str | None, typer.Option("--server", help="Choose this server, by its id, on the page.")]
ForMyself = Annotated[bool, typer.Option("--user", help="The address for a person, who can use it anywhere.")]


@app.callback(invoke_without_command=True)
def discord(ctx: typer.Context) -> None:
    """Run the Discord bot alone."""
    if ctx.invoked_subcommand is not None:
        return
    from bots.discord.__main__ import main
    from bots.registry import admins

    main(admins())


@app.command()
def invite(*, server: Server = None, user: ForMyself = False) -> None:
    """Print the address at which the bot is added to a server, with the permissions that it needs."""
    from bots.discord.permissions import installation, invitation

    if server is not None and not server.isdigit():
        raise CliError("A server is named by its id: a number, of “Copy Server ID” in its menu.")
    number = asyncio.run(_application())
    print(installation(number) if user else invitation(number, server=server))


async def _application() -> int:
    import discord as library

    from bots.discord.settings import settings
    from bots.discord.wire import prepare

    known = settings()
    if known.discord_token is None:
        raise Misconfigured("DISCORD_TOKEN is not set; the address has the application's id in it.")
    prepare(known)
    async with library.Client(intents=library.Intents.none()) as client:
        try:
            await client.login(known.discord_token.get_secret_value())
        except library.LoginFailure as error:
            raise CliError("DISCORD_TOKEN is refused by Discord: it wants the bot's current token.") from error
        except (library.HTTPException, OSError) as error:
            raise CliError(f"Discord does not answer: {type(error).__name__}.") from error
        if client.application_id is None:
            raise CliError("Discord does not say which application this bot is of.")
        return client.application_id
