"""`neverdark slack`: the app's manifest, the keys that encrypt its tokens, and its installations."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from core.db.errors import connection, statement
from core.db.people import installations
from core.db.pool import Pool
from core.domain.ids import PlatformName
from core.settings import Settings
from neverdark.errors import Misconfigured
from neverdark.operator import session
from neverdark.operator.tables import Column, table
from neverdark.running_config import configuration

if TYPE_CHECKING:
    from bots.slack.installation.sealing import Sealer

SLACK = PlatformName("slack")
app = typer.Typer(help="Run the Slack bot alone; or look after its app.")
WORKSPACES = (
    Column(title="workspace", key="name"),
    Column(title="id", key="id"),
    Column(title="since", key="since"),
    Column(title="token until", key="until"),
)
NO_KEY = "SLACK_TOKEN_KEY is not set: make a key with `neverdark slack new-key`."


@app.command("manifest")
def print_manifest(
    *,
    url: Annotated[
        str | None, typer.Option("--url", help="Where Slack and people reach `web`, such as https://video.example.org.")
    ] = None,
    socket: Annotated[bool, typer.Option("--socket", help="For one workspace, without an address.")] = False,
    history: Annotated[
        bool,
        typer.Option("--history/--no-history", help="Ask for the scopes that read channels; a workspace may refuse."),
    ] = True,
) -> None:
    """Print the manifest that a new Slack app is made from."""
    from bots.slack.installation.manifest import manifest

    if url is not None and not url.startswith("https://"):
        raise Misconfigured("--url wants an https address: Slack posts to no other.")
    print(json.dumps(manifest(url=url, socket=socket or url is None, history=history), indent=2, ensure_ascii=False))


@app.command("new-key")
def new_key() -> None:
    """Make a key for SLACK_TOKEN_KEY. To replace one, put the new one before the old one, and call rotate-keys."""
    from cryptography.fernet import Fernet

    print(Fernet.generate_key().decode())


@app.command("rotate-keys")
def rotate_keys() -> None:
    """Seal every token with the first key of SLACK_TOKEN_KEY. Afterwards the others may be taken out."""
    from bots.slack.installation.sealing import Sealer
    from bots.slack.settings import settings as slack_settings

    with configuration():
        keys = slack_settings().token_keys
    if not keys:
        raise Misconfigured(NO_KEY)
    sealer = Sealer(keys)

    async def work(pool: Pool, _: Settings) -> tuple[int, list[str]]:
        return await _resealed(sealer, pool)

    sealed, broken = session.run(work)
    print(f"Sealed anew: {sealed} of {sealed + len(broken)}.")
    if broken:
        raise Misconfigured(f"No key opens the tokens of {', '.join(broken)}: keep the key they were sealed with.")


@app.command("workspaces")
def workspaces() -> None:
    """Show where the app is installed."""
    table(session.run(_installed), WORKSPACES)


async def _resealed(sealer: "Sealer", pool: Pool) -> tuple[int, list[str]]:
    from bots.slack.installation.sealing import SealBroken

    sealed, broken = 0, list[str]()
    async with connection(pool) as conn:
        known = await installations.everywhere(conn, SLACK)
    for each in known:
        try:
            fresh = sealer.resealed(each.sealed or "", of=each.installation)
        except SealBroken:
            broken.append(each.installation)
            continue
        async with statement(pool) as conn:
            # Tokens that were renewed meanwhile have the first key already.
            await installations.reseal(conn, SLACK, each, sealed=fresh)
        sealed += 1
    return sealed, broken


async def _installed(pool: Pool, _: Settings) -> list[dict[str, str]]:
    async with connection(pool) as conn:
        known = await installations.everywhere(conn, SLACK)
    return [
        {
            "name": str(each.facts.get("team_name") or each.facts.get("enterprise_name") or ""),
            "id": each.installation,
            "since": f"{each.installed_at:%Y-%m-%d}",
            "until": f"{each.expires_at:%Y-%m-%d %H:%M}" if each.expires_at else "–",
        }
        for each in known
    ]
