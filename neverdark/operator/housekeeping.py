"""`neverdark housekeeping`: what each table holds and how long, and when it was last tidied up."""

from rich.console import Console
from rich.table import Table

from core.db import housekeeping
from core.db.errors import connection
from core.db.housekeeping import LastRound, Size
from core.db.pool import Pool
from core.settings import Settings
from neverdark.operator import session

MIB = 1 << 20


def show() -> None:
    """Print it."""
    sizes, last = session.run(_looked)
    table = Table("table", "rows", "MiB", "a row lives", box=None, pad_edge=False)
    for each in sizes:
        table.add_row(each.name, f"{each.rows:,}", f"{each.bytes / MIB:.1f}", each.life)
    console = Console(highlight=False, soft_wrap=True)
    console.print(table)
    console.print(_told(last))


def _told(last: LastRound | None) -> str:
    if last is None or last.at is None:
        return "Nothing has been tidied up yet: a worker does that every ten minutes."
    gone = ", ".join(f"{name} {count:,}" for name, count in last.deleted.items() if count) or "nothing"
    return f"Tidied up last at {last.at:%Y-%m-%d %H:%M:%S} UTC by {last.by}; deleted: {gone}."


async def _looked(pool: Pool, _: Settings) -> tuple[list[Size], LastRound | None]:
    async with connection(pool) as conn:
        return await housekeeping.sizes(conn), await housekeeping.last_round(conn)
