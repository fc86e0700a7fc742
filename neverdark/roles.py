"""The two roles of the database: the owner of all tables, which cannot log in, and the product's role.

Roles belong to the whole server and outlive a database. If our login may not create roles, the operator is told what an
administrator has to type.
"""

import contextlib
from dataclasses import dataclass, field

import asyncpg

from core.db.database_url import DatabaseAddress, read_database_url
from core.db.pool import Connection

OWNER = "neverdark_owner"
APP = "neverdark_app"
STANDS_STILL = "20s"
"""How long a transaction may wait for its own process: more than any of ours takes, however busy the machine is."""
_LOCK = 0x6E64_524F  # "ndRO"; it holds for one database, and roles belong to the whole server
_MADE_BY_ANOTHER = (asyncpg.UniqueViolationError, asyncpg.DuplicateObjectError, asyncpg.InternalServerError)
"""A migration of another database on the server was quicker. Postgres says so without a code of its own."""
TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """The roles after a migration.

    Args:
        owner: the role that migrations are applied as; None is the role that logs in.
        app: the role that the product uses.
        missing: the SQL that an administrator has to run to separate the two.
    """

    owner: str | None
    app: str
    missing: tuple[str, ...] = field(default=(), repr=False)


def app_of(owner_url: str, app_url: str | None) -> DatabaseAddress | None:
    """The product's address, if it has another role than the owner's address."""
    if app_url is None:
        return None
    app, owner = read_database_url(app_url), read_database_url(owner_url)
    return app if app.user is not None and app.user != owner.user else None


async def make(session: Connection, *, app: DatabaseAddress | None) -> Roles:
    """Make the missing roles, and grant them this database. It runs as the role in DATABASE_OWNER_URL.

    Args:
        session: a session on the database.
        app: the product's address, with the password for a new role.
    """
    name = (app.user if app is not None else None) or APP
    had_by = await session.fetchval(
        "SELECT tableowner FROM pg_tables WHERE schemaname = 'public' AND tablename = 'schema_migrations'"
    )
    me = await session.fetchval("SELECT current_user")
    owner = had_by if had_by not in {None, me} else None if had_by == me else OWNER
    password = app.password if app is not None else None
    try:
        for _ in range(TRIES - 1):
            with contextlib.suppress(*_MADE_BY_ANOTHER):
                await _make(session, owner=owner, app=name, password=password)
                break
        else:
            await _make(session, owner=owner, app=name, password=password)
    except asyncpg.InsufficientPrivilegeError:
        return Roles(owner=None if had_by in {None, me} else owner, app=name, missing=_to_type(name))
    return Roles(owner=owner, app=name)


async def _make(session: Connection, *, owner: str | None, app: str, password: str | None) -> None:
    async with session.transaction():
        await session.execute(f"SELECT pg_advisory_xact_lock({_LOCK})")
        if owner == OWNER:
            await _make_owner(session)
        await _make_app(session, app, password)
        await _end_what_stands_still(session, app)


async def allow(session: Connection, roles: Roles) -> None:
    """After the migrations: grant the product's role its rights on all objects, and no others."""
    if await session.fetchval("SELECT to_regprocedure('allow_product_role(name)')") is None:
        return
    if await session.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", roles.app) is None:
        return
    async with session.transaction():
        if roles.owner is not None:
            await session.execute(await session.fetchval("SELECT format('SET LOCAL ROLE %I', $1::text)", roles.owner))
        await session.execute(f"SELECT pg_advisory_xact_lock({_LOCK})")
        await session.execute("SELECT allow_product_role($1)", roles.app)


async def _make_owner(session: Connection) -> None:
    if not await session.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", OWNER):
        await session.execute(f"CREATE ROLE {OWNER} NOLOGIN")
    may_become = "SET" if session.get_server_version().major >= 16 else "MEMBER"
    if not await session.fetchval("SELECT pg_has_role(current_user, $1, $2)", OWNER, may_become):
        await session.execute(f"GRANT {OWNER} TO CURRENT_USER")
    if not await session.fetchval("SELECT has_schema_privilege($1, 'public', 'CREATE')", OWNER):
        await session.execute(f"GRANT CREATE, USAGE ON SCHEMA public TO {OWNER}")
    await session.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")


async def _make_app(session: Connection, name: str, password: str | None) -> None:
    can_log_in = await session.fetchval("SELECT rolcanlogin FROM pg_roles WHERE rolname = $1", name)
    if can_log_in is None or (not can_log_in and password is not None):
        do = "CREATE ROLE %I LOGIN" if can_log_in is None else "ALTER ROLE %I LOGIN"
        with_password = f"{do} PASSWORD %L" if password is not None else do
        await session.execute(
            await session.fetchval("SELECT format($1::text, $2::text, $3::text)", with_password, name, password)
        )


async def _end_what_stands_still(session: Connection, app: str) -> None:
    """Have the server end a transaction of a process that stands still: others wait for what it has locked.

    It is a setting of the role, because poolers pass on none of a session. An owner who may not change the role goes
    without it.
    """
    with contextlib.suppress(asyncpg.InsufficientPrivilegeError):
        async with session.transaction():
            await session.execute(
                await session.fetchval(
                    "SELECT format('ALTER ROLE %I SET idle_in_transaction_session_timeout = %L', $1::text, $2::text)",
                    app,
                    STANDS_STILL,
                )
            )


def _to_type(app: str) -> tuple[str, ...]:
    quoted = app if app.isidentifier() and app.islower() else '"' + app.replace('"', '""') + '"'
    return (
        f"CREATE ROLE {OWNER} NOLOGIN;",
        f"GRANT {OWNER} TO CURRENT_USER;",
        f"GRANT CREATE, USAGE ON SCHEMA public TO {OWNER};",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC;",
        f"CREATE ROLE {quoted} LOGIN PASSWORD '…';",
        f"ALTER ROLE {quoted} SET idle_in_transaction_session_timeout = '{STANDS_STILL}';",
    )


def advice(made: Roles, *, owner_url: str, app_url: str) -> tuple[str, ...]:
    """What the operator has to do so that the product has its own role; None where it has one."""
    if app_of(owner_url, app_url) is not None and not made.missing:
        return ()
    lines: tuple[str, ...] = ()
    if made.missing:
        lines = ("You may not create roles here. Have an administrator of the server type this in the database:",)
        lines += tuple(f"  {line}" for line in made.missing)
    if app_of(owner_url, app_url) is None:
        lines += (
            "The product comes as the owner of the database, who may rewrite the ledger. Give it a role of its own:",
            f"  set DATABASE_OWNER_URL to what DATABASE_URL is now, and in DATABASE_URL the name {made.app} with a new",
            "  password; then run `neverdark migrate` again, which makes that role with that password.",
        )
    return lines
