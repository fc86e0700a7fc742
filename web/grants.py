"""`POST /api/grants`: a shop reports a sale, signed by Standard Webhooks, and the team gets its credits."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated

import structlog
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from core.db.pool import Pool
from core.domain.credits.money import MoneyStatus, Moved
from core.domain.ids import Installation, PlatformName, TeamId
from core.domain.text import clean
from core.usecases.credits.grant import Topup, grant
from web.bodies import read
from web.checks import Check

log = structlog.get_logger()

CREDITS_MOST = 100_000_000
_MOST = 16 << 10
_TEAM_MOST = 2**63 - 1

_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


def _plain(words: str) -> str:
    """A name, refused if it would have to be cleaned, because names are compared."""
    if clean(words) != words:
        raise ValueError("wants plain words on one line, without characters that cannot be seen")
    return words


def _thinkable(at: datetime) -> datetime:
    """A time that is in range in UTC."""
    if not _FIRST.replace(tzinfo=None) <= at.replace(tzinfo=None) <= _LAST.replace(tzinfo=None):
        raise ValueError("wants a time between the years 2000 and 9999")
    return at.astimezone(UTC)


_Words = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_plain)]
_Note = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(clean)]


class _Workspace(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    platform: _Words
    installation: _Words


class _Sale(BaseModel):
    """The body of a sale. Unknown fields are refused, because a misspelt one could cost money."""

    model_config = ConfigDict(extra="forbid", strict=True)

    key: _Words
    team: Annotated[int, Field(ge=1, le=_TEAM_MOST)] | _Workspace
    credits: int = Field(ge=1, le=CREDITS_MOST)
    expires_at: Annotated[AwareDatetime, Field(strict=False), AfterValidator(_thinkable)] | None = None
    note: _Note | None = None


class Grants:
    """Accepts the sales of one shop."""

    def __init__(self, *, pool: Pool, check: Check) -> None:
        self._pool = pool
        self._check = check

    def routes(self) -> list[BaseRoute]:
        return [Route("/api/grants", self._take, methods=["POST"])]

    async def _take(self, request: Request) -> Response:
        body = await read(request, most=_MOST)
        if not await self._check(request.headers, body):
            return _no(HTTPStatus.UNAUTHORIZED, "bad_signature", "The signature is wrong, or its time is not near.")
        try:
            sale = _Sale.model_validate_json(body)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            return _no(HTTPStatus.BAD_REQUEST, "bad_request", f"{where}: {first['msg']}" if where else first["msg"])
        moved = await grant(_topup(sale), pool=self._pool)
        if moved.status.moved:
            log.info("credits.topped_up", credits=sale.credits, status=moved.status)
        return _answer(moved)


def _topup(sale: _Sale) -> Topup:
    if isinstance(sale.team, _Workspace):
        team: TeamId | tuple[PlatformName, Installation] = (
            PlatformName(sale.team.platform),
            Installation(sale.team.installation),
        )
    else:
        team = TeamId(sale.team)
    return Topup(key=sale.key, team=team, credits=sale.credits, expires_at=sale.expires_at, note=sale.note)


def _answer(moved: Moved) -> Response:
    match moved.status:
        case MoneyStatus.OK | MoneyStatus.REPLAYED:
            return JSONResponse({"status": moved.status.value, "balance": moved.balance})
        case MoneyStatus.KEY_CONFLICT:
            return _no(HTTPStatus.CONFLICT, moved.status, "This key was used for another sale.")
        case MoneyStatus.UNKNOWN_TEAM:
            return _no(HTTPStatus.NOT_FOUND, moved.status, "There is no such team.")
        case MoneyStatus.EXPIRED:
            return _no(HTTPStatus.UNPROCESSABLE_ENTITY, moved.status, "These credits would have lapsed already.")
        case status:
            raise ValueError(f"a grant answered {status}")


def _no(status: HTTPStatus, error: str, message: str) -> Response:
    return JSONResponse({"error": str(error), "message": message}, status)
