"""The application: puts its parts together."""

from collections.abc import Mapping, Sequence

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from core.db.errors import DatabaseAway
from core.db.pool import Pool
from core.domain.chat.addresses import Addresses
from core.domain.errors import StorageAway
from core.domain.ids import ProviderName, RouteKey
from core.ports import Storage
from core.queue import Hints
from core.usecases.health.availability import Watched
from web import error_pages
from web.callbacks import Callbacks
from web.checks import Check
from web.console import Console
from web.grants import Grants
from web.links import Links
from web.metrics import Metrics, Overview
from web.oidc import Oidc
from web.operators import Operators
from web.pictures import Pictures
from web.status import Status
from web.status_page import StatusPage

log = structlog.get_logger()


def build(
    *,
    pool: Pool,
    hints: Hints,
    storage: Storage,
    labels: Mapping[ProviderName, str],
    addresses: Addresses | None = None,
    checks: Mapping[RouteKey, Check] | None = None,
    shop: Check | None = None,
    chats: Sequence[BaseRoute] = (),
    overview: Overview | None = None,
    metrics_token: str | None = None,
    watched: Watched | None = None,
    operators: Operators | None = None,
    oidc: Oidc | None = None,
) -> Starlette:
    """Put the parts together; parts that are not configured are left out.

    Args:
        labels: the providers' names for people.
        addresses: without them there are no callbacks, no links and no pictures for vendors.
        checks: by route, whether a callback is the vendor's; a route without one is not signed.
        shop: whether a top-up is the shop's; without it there are none.
        chats: where platforms post their events.
        overview: the figures of the whole, where others give them out as well.
        watched: the providers that the public is told of.
        operators: who may use the console, and what it stands on; without it there is none.
        oidc: how they come in with an account of their company's.
    """
    routes: list[BaseRoute] = [
        *Status(pool=pool, hints=hints).routes(),
        *Metrics(overview=overview or Overview(pool, watched=watched), token=metrics_token).routes(),
        *StatusPage(
            pool=pool, labels=labels, watched=watched or Watched(), base=addresses.base if addresses else None
        ).routes(),
        *chats,
    ]
    if operators is not None:
        routes += Console(operators).routes()
    if oidc is not None:
        routes += oidc.routes()
    if addresses is not None:
        routes += Callbacks(addresses=addresses, pool=pool, hints=hints, checks=checks or {}).routes()
        routes += Links(addresses=addresses, pool=pool, storage=storage, labels=labels).routes()
        routes += Pictures(addresses=addresses, storage=storage).routes()
    if shop is not None:
        routes += Grants(pool=pool, check=shop).routes()
    handlers = {HTTPException: _refused, DatabaseAway: _away, StorageAway: _away}
    return Starlette(routes=routes, exception_handlers=handlers)


async def _refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    return error_pages.answer(request, error.status_code, detail=error.detail, headers=dict(error.headers or {}))


async def _away(request: Request, error: Exception) -> Response:
    what = "storage" if isinstance(error, StorageAway) else "database"
    path = request.scope["path"].split("/")[1]
    log.warning("web.away", what=what, path=path, error=str(error.__cause__ or error))
    return error_pages.answer(request, 503, headers={"retry-after": str(error_pages.AGAIN_S)})
