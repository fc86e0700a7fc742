"""`neverdark discord invite`: prints the addresses at which servers and people add the bot."""

import asyncio
from typing import Annotated

import typer

from neverdark.errors import CliError
from neverdark.running_config import configuration

app = typer.Typer(help="Run the Discord bot alone, or print how it is invited.", add_completion=False)

Server = Annotated[str | None, typer.Option("--server", help="Choose this server, by its id, on the page.")]
ForMyself = Annotated[bool, typer.Option("--user", help="The address for a person, who can use it anywhere.")]


@app.command()
def invite(*, server: Server = None, user: ForMyself = False) -> None:
    """Print the address at which the bot is added to a server, with the permissions that it needs."""
    from bots.discord.gateway.application import application_id
    from bots.discord.people.permissions import installation, invitation

    if server is not None and not server.isdigit():
        raise CliError("A server is named by its id: a number, of “Copy Server ID” in its menu.")
    try:
        with configuration():
            number = asyncio.run(application_id())
    except ConnectionError as error:
        raise CliError(f"Discord does not answer ({error}); try again in a moment.") from error
    print(installation(number) if user else invitation(number, server=server))
