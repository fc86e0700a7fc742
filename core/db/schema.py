"""Whether the database has the schema that this version needs: each process asks before it says that it is ready."""

from functools import cache
from importlib.resources import files
from pathlib import Path

import asyncpg

from core.db.errors import DatabaseAway, connection
from core.db.pool import Pool

NO_MIGRATIONS = (
    "This installation has no migrations, so it cannot know the schema that it needs: install Neverdark again"
)


class SchemaWrong(Exception):
    """The database is not for this version, or not for us; the text is one sentence that says what to do."""


@cache
def migrations_folder() -> Path:
    """Where the migrations of this version are: in the package where it was installed, else in the checkout."""
    packaged = Path(str(files("core"))) / "migrations"
    return packaged if packaged.is_dir() else Path(__file__).resolve().parents[2] / "migrations"


async def check(pool: Pool) -> None:
    """See that every migration of this version is applied. Those of a newer one do no harm.

    Raises:
        SchemaWrong: some are missing, the database lets us not in, or this installation has no migrations.
        DatabaseAway: it cannot be asked now.
    """
    if not needed():
        raise SchemaWrong(f"{NO_MIGRATIONS}.")
    try:
        async with connection(pool) as conn:
            can_say = await conn.fetchval("SELECT to_regprocedure('applied_migrations()') IS NOT NULL")
            has_some = await conn.fetchval("SELECT to_regclass('schema_migrations') IS NOT NULL")
            rows = await conn.fetch("SELECT version FROM applied_migrations() version") if can_say else []
    except DatabaseAway as error:
        if _is_refused(error.__cause__):
            raise SchemaWrong(f"DATABASE_URL is refused by the database: {error.__cause__}.") from error
        raise
    missing = sorted(needed().keys() - {row["version"] for row in rows})
    if not has_some:
        raise SchemaWrong("The database is empty: run `neverdark migrate`.")
    if missing:
        first = needed()[missing[0]]
        raise SchemaWrong(
            f"The database has the schema of an older version: {len(missing)} migrations are missing, "
            f"from {first} on. Run `neverdark migrate`."
        )


def needed() -> dict[str, str]:
    """The migrations of this version: their files, by number."""
    return {path.name.partition("_")[0]: path.name for path in migrations_folder().glob("[0-9]*_*.sql")}


def _is_refused(error: BaseException | None) -> bool:
    """Whether it says that it is the wrong address, or the wrong password: waiting changes nothing about that."""
    return isinstance(error, asyncpg.InvalidAuthorizationSpecificationError | asyncpg.InvalidCatalogNameError)
