"""Whether this process is alive, and whether it can work, for load balancers."""

import asyncio
from http import HTTPStatus
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from core.db import workers
from core.db.errors import DatabaseAway, connection
from core.db.health import service_status
from core.db.pool import Pool
from core.db.schema import migrations_folder
from core.queue import Hints

MIGRATIONS = migrations_folder()


class Status:
    """Answers `/healthz` and `/readyz`."""

    def __init__(self, *, pool: Pool, hints: Hints, migrations: Path = MIGRATIONS) -> None:
        self._pool = pool
        self._hints = hints
        self._newest = max((path.name[:6] for path in migrations.glob("[0-9]*.sql")), default=None)

    def routes(self) -> list[BaseRoute]:
        return [Route("/healthz", self._healthz), Route("/readyz", self._readyz)]

    async def _healthz(self, request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def _readyz(self, request: Request) -> Response:
        (postgres, migrations, working), redis = await asyncio.gather(self._database(), self._hints.ping())
        found = {"postgres": postgres, "migrations": migrations, "redis": "ok" if redis else "away"}
        ready = all(state == "ok" for state in found.values())
        # A missing worker is reported, but does not make this process unready: links and callbacks work without it.
        return JSONResponse({**found, "workers": working}, HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE)

    async def _database(self) -> tuple[str, str, str]:
        """The state of Postgres and its schema. A newer schema is fine: migrations suit the previous release."""
        try:
            async with connection(self._pool) as conn:
                applied = await service_status.schema_version(conn)
                known = self._newest is not None and applied is not None and applied >= self._newest
                alive = await workers.alive(conn) if known else 0
        except DatabaseAway:
            return "away", "unknown", "unknown"
        if self._newest is None:
            return "ok", "this installation has no migrations: install Neverdark again", "unknown"
        return "ok", "ok" if known else "pending", f"{alive} alive" if alive else "none is alive"
