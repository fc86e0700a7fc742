"""hf-nostro, another project's ledger, beside ours in `credits`: its debit is what `consume` is here.

Like for like: once for each key, lots burned in order, an append-only entry with a running balance, one commit; as many
accounts as we have teams, the same processes and clients. It is used as its own page says, through its client and pool,
with the account's id at hand (its cheapest form) and nothing that is optional. The package is for this alone and may
live in an interpreter of its own, which runs the second half of this file and needs nothing of ours but the pace.
"""

import asyncio
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

from benchmarks.credits.pace import paced, rates

_ROOT = Path(__file__).resolve().parents[2]
_VENV = ".venv-bench"
HOW = f"{sys.executable} -m venv {_VENV} && {_VENV}/bin/pip install 'hf-nostro[postgres]'"
SETUP_TIMEOUT_S = 900
_TENANT = "bench"
_PLENTY = 10**9


def interpreter() -> str | None:
    """The Python that has the package: this one, or the peers'; None if neither has."""
    candidates = (sys.executable, os.environ.get("BENCH_PYTHON") or str(_ROOT / _VENV / "bin" / "python"))
    return next((python for python in candidates if has(python)), None)


def has(python: str) -> bool:
    """Whether this interpreter can run the second half of this file."""
    try:
        asked = subprocess.run(  # noqa: S603 - an interpreter
            [python, "-c", "import nostro, psycopg_pool"], check=False, capture_output=True, timeout=60
        )
    except OSError:
        return False
    return asked.returncode == 0


def prepare(python: str, dsn: str, *, accounts: int) -> None:
    """Its schema, and so many accounts with funds."""
    subprocess.run([*_argv(python, "prepare", dsn), str(accounts)], check=True, timeout=SETUP_TIMEOUT_S)  # noqa: S603 - ours


def debits(python: str, dsn: str, *, processes: int, clients: int, seconds: float) -> float:
    """Debits per second."""
    argv = [*_argv(python, "work", dsn), str(clients), str(seconds)]
    (rate,) = rates(argv, processes=processes, seconds=seconds)
    return rate


def _argv(python: str, role: str, dsn: str) -> list[str]:
    return [python, "-m", "benchmarks.credits.nostro", role, dsn]


async def _prepare(dsn: str, accounts: str) -> None:
    pool = await _pool(dsn, clients=1)
    ledger = _ledger(pool)
    async with pool.connection() as conn, conn.cursor() as cur:  # one transaction for all
        for number in range(int(accounts)):
            account = await ledger.accounts.get_or_create(_TENANT, str(number), cur=cur)
            await ledger.credit(
                account, ledger.amount(_PLENTY), category="topup", idempotency_key=f"topup-{number}", cur=cur
            )
    async with pool.connection() as conn:
        await conn.set_autocommit(True)
        await conn.execute("VACUUM ANALYZE")
        await conn.execute("CHECKPOINT")
        await conn.set_autocommit(False)
    await pool.close()


async def _work(dsn: str, clients: str, seconds: str) -> None:
    pool = await _pool(dsn, clients=int(clients))
    ledger = _ledger(pool)
    async with pool.connection() as conn:
        found = await conn.execute("SELECT id FROM nostro.account WHERE tenant_id = %s", (_TENANT,))
        accounts = [row[0] for row in await found.fetchall()]
    amount = ledger.amount(1)

    async def debit() -> None:
        entry = await ledger.debit(random.choice(accounts), amount, category="video", idempotency_key=str(uuid4()))
        assert not entry.replayed

    await paced([debit] * int(clients), seconds=float(seconds))
    await pool.close()


async def _pool(dsn: str, *, clients: int) -> Any:
    from psycopg_pool import AsyncConnectionPool  # type: ignore[import-not-found,unused-ignore]  # the peers' alone

    pool = AsyncConnectionPool(dsn, min_size=clients, max_size=clients, open=False)
    await pool.open(wait=True)
    return pool


def _ledger(pool: Any) -> Any:
    import nostro  # type: ignore[import-not-found,unused-ignore]  # the peers' alone

    return nostro.AsyncLedger(pool=pool, scale=0)


def _main(role: str, dsn: str, *rest: str) -> None:
    if role == "prepare":
        from nostro import migrate as schema  # type: ignore[import-not-found,unused-ignore]  # the peers' alone

        schema.migrate(dsn=dsn, scale=0)
        asyncio.run(_prepare(dsn, *rest))
    else:
        asyncio.run(_work(dsn, *rest))


if __name__ == "__main__":
    _main(*sys.argv[1:])
