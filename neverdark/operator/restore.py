"""`neverdark after-restore`: after a restore from a backup, no message is posted twice; lost generations are named."""

from datetime import UTC, datetime

from core.db import restores
from core.db.errors import transaction
from core.db.pool import Pool
from core.db.restores import Restored
from core.settings import Settings
from neverdark.operator.session import run
from neverdark.operator.tables import say


def after_restore() -> None:
    """Say that the database was restored: messages are looked for before they are posted, and what is lost is named."""
    restored, under_way = run(_declared)
    say(
        f"From now on each of the {restored.messages} messages that are due, and each that comes for a video of "
        "before, is looked for in its thread before it is posted."
    )
    if restored.known_until is None:
        say("This database knows of nothing from before.")
        return
    ago_min = (datetime.now(UTC) - restored.known_until).total_seconds() / 60
    say(f"The newest that it knows is from {restored.known_until:%Y-%m-%d %H:%M:%S} UTC, {ago_min:,.0f} min ago.")
    say("What happened after that is not known here:")
    say("  Commands: their threads stay as they are, and their buttons answer that the video is not known.")
    say("  Credits bought: let the shop send its webhooks again; a payment that is known counts no second time.")
    say("  Credits granted, workspaces joined, settings and budgets: do it again; a grant with its --key counts once.")
    queued = under_way.get("queued", 0)
    if queued:
        say(
            f"  {queued} videos are queued here and may have been made since: their threads get no second one, "
            "but a vendor may be paid twice. To rather let them go: neverdark generations cancel ID"
        )
    running = under_way.get("rendering", 0)
    if running:
        say(f"  {running} videos were at a vendor, and are fetched from there: nothing has to be done about them.")


async def _declared(pool: Pool, _: Settings) -> tuple[Restored, dict[str, int]]:
    async with transaction(pool) as conn:
        return await restores.declared(conn), await restores.under_way(conn)
