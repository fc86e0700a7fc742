"""The operators' console: generations, one generation in full, teams, spend, holds, incidents, dead messages.

Every change is a form, which calls the same use case as the command of the same name.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from core.db.errors import connection, transaction
from core.db.generations import generation_list, operators, stalled_generations
from core.db.generations.generation_details import generation_details
from core.db.generations.operators import Spend
from core.db.health import health_history, incidents, route_health, service_status
from core.db.people import team_directory
from core.db.pool import Connection
from core.domain.errors import Refused
from core.domain.generations.generation import State
from core.domain.ids import RouteKey, TeamId
from core.usecases.generations.cancel import cancel_as_operator
from core.usecases.generations.retry import retry
from core.usecases.health.availability import in_use
from web import console_lists as lists
from web import console_sheets as sheets
from web.console_pages import page as show
from web.kept_days import KeptDays
from web.operators import Operators, form_of
from web.status_sheets import own_title

LISTED = 50
SPEND_DAYS = 30

Shown = Callable[[Request, str], Awaitable[str]]
Done = Callable[[str, dict[str, str]], Awaitable[tuple[str, str]]]
"""The action of a form: returns the page to go on to, and a sentence for it."""


class Console:
    """Answers below `/operator`."""

    def __init__(self, operators: Operators) -> None:
        self._operators = operators
        self._days = KeptDays(days=SPEND_DAYS, read=_spend_of)

    def routes(self) -> list[BaseRoute]:
        shown: dict[str, Shown] = {
            "/operator": self._overview,
            "/operator/generations": self._generations,
            "/operator/generations/{id:uuid}": self._generation,
            "/operator/teams": self._teams,
            "/operator/spend": self._spend,
            "/operator/providers": self._providers,
            "/operator/messages": self._messages,
            "/operator/incidents": self._incidents,
        }
        done: dict[str, Done] = {
            "/operator/retry": self._retry,
            "/operator/cancel": self._cancel,
            "/operator/hold": self._hold,
            "/operator/release": self._release,
            "/operator/incidents/edit": self._edit,
        }
        return [
            *(Route(path, self._for_operators(page), methods=["GET"]) for path, page in shown.items()),
            *(Route(path, self._by_form(do), methods=["POST"]) for path, do in done.items()),
            Route("/operator/login", self._login, methods=["POST"]),
            Route("/operator/logout", self._logout, methods=["POST"]),
        ]

    def _for_operators(self, page: Shown) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            session = self._operators.session(request)
            if session is None:
                return show(sheets.login(self._operators), 401)
            return show(await page(request, self._operators.form_word(session)))

        return answer

    def _by_form(self, do: Done) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            session = self._operators.session(request)
            if session is None:
                return show(sheets.login(self._operators), 401)
            given = await self._operators.sent(request, session)
            if given is None:
                raise HTTPException(403)
            where, said = await do(self._operators.actor(session), given)
            return RedirectResponse(f"{where}?said={said}", 303, headers={"cache-control": "no-store"})

        return answer

    async def _login(self, request: Request) -> Response:
        given = await form_of(request)
        answer = await self._operators.let_in(given.get("token", ""))
        return answer or show(sheets.login(self._operators, why="token"), 401)

    async def _logout(self, request: Request) -> Response:
        session = self._operators.session(request)
        if session is not None and await self._operators.sent(request, session) is None:
            raise HTTPException(403)
        return self._operators.let_out()

    async def _overview(self, request: Request, word: str) -> str:
        async with connection(self._operators.pool) as conn:
            figures = await service_status.figures(conn)
            stuck = [one.id for one in await stalled_generations.stalled(conn)]
            listed = await generation_list.newest(conn, ids=stuck[:LISTED], limit=LISTED) if stuck else []
        return sheets.overview(figures, listed, word=word, said=_said(request))

    async def _generations(self, request: Request, word: str) -> str:
        wanted, team = request.query_params.get("state"), request.query_params.get("team", "")
        state = State(wanted) if wanted in set(State) else None
        owner = TeamId(int(team)) if team.isascii() and team.isdecimal() and len(team) < 18 else None
        async with connection(self._operators.pool) as conn:
            listed = await generation_list.newest(conn, state=state, team_id=owner, limit=LISTED)
        return sheets.generations(listed, state=wanted, team=team, word=word, said=_said(request))

    async def _generation(self, request: Request, word: str) -> str:
        async with connection(self._operators.pool) as conn:
            try:
                found = await generation_details(conn, request.path_params["id"])
            except LookupError:
                raise HTTPException(404) from None
        return sheets.generation(found, word=word, said=_said(request))

    async def _teams(self, request: Request, word: str) -> str:
        async with connection(self._operators.pool) as conn:
            return lists.teams(await team_directory.teams(conn, limit=LISTED), word=word)

    async def _spend(self, request: Request, word: str) -> str:
        async with connection(self._operators.pool) as conn:
            found = await self._days.rows(conn, today=datetime.now(UTC).date())
        return lists.spend(found, days=SPEND_DAYS, word=word)

    async def _providers(self, request: Request, word: str) -> str:
        async with connection(self._operators.pool) as conn:
            used = await in_use(conn, self._operators.watched)
            rows = {row.route: row for its_rows in used.routes.values() for row in its_rows}
            summaries = await health_history.summaries(conn, list(rows), over_s=86_400)
            events = await health_history.transitions(conn, limit=LISTED)
        return lists.providers(rows, summaries, events, word=word, said=_said(request))

    async def _messages(self, request: Request, word: str) -> str:
        async with connection(self._operators.pool) as conn:
            return lists.messages(await operators.dead_messages(conn, limit=LISTED), word=word, said=_said(request))

    async def _incidents(self, request: Request, word: str) -> str:
        async with connection(self._operators.pool) as conn:
            used = await in_use(conn, self._operators.watched)
            listed = await incidents.incidents(conn, hidden=True)
        told = {one.id: used.told(one) for one in listed}
        own = {number: own_title(one, {}) for number, one in told.items() if one is not None}
        return lists.incidents(listed, own=own, word=word, said=_said(request))

    async def _retry(self, actor: str, given: dict[str, str]) -> tuple[str, str]:
        wanted = _id(given)
        try:
            await retry(wanted, actor=actor, pool=self._operators.pool)
        except Refused:
            return f"/operator/generations/{wanted}", "over"
        return f"/operator/generations/{wanted}", "retried"

    async def _cancel(self, actor: str, given: dict[str, str]) -> tuple[str, str]:
        wanted = _id(given)
        try:
            await cancel_as_operator(wanted, actor=actor, pool=self._operators.pool)
        except Refused:
            return f"/operator/generations/{wanted}", "over"
        return f"/operator/generations/{wanted}", "cancelled"

    async def _hold(self, actor: str, given: dict[str, str]) -> tuple[str, str]:
        route, why = self._route(given), given.get("why", "").strip()[:200] or "held by an operator"
        async with transaction(self._operators.pool) as conn:
            await route_health.hold(
                conn, route, why=why, until=None, config=self._operators.watched.health, actor=actor
            )
        return "/operator/providers", "held"

    async def _release(self, actor: str, given: dict[str, str]) -> tuple[str, str]:
        async with transaction(self._operators.pool) as conn:
            await route_health.release(
                conn,
                self._route(given),
                why="released by an operator",
                config=self._operators.watched.health,
                actor=actor,
            )
        return "/operator/providers", "released"

    async def _edit(self, actor: str, given: dict[str, str]) -> tuple[str, str]:
        number = given.get("id", "")
        if not (number.isascii() and number.isdecimal()) or len(number) > 18:
            raise HTTPException(400)
        async with transaction(self._operators.pool) as conn:
            done = await incidents.edit(
                conn,
                int(number),
                title=given.get("title", "").strip()[:200],
                words=given.get("words", "").strip()[:2000],
                hidden=given.get("hidden") == "yes",
                actor=actor,
            )
        if not done:
            raise HTTPException(404)
        return "/operator/incidents", "edited"

    def _route(self, given: dict[str, str]) -> RouteKey:
        if given.get("route") not in self._operators.watched.routes:
            raise HTTPException(404)
        return RouteKey(given["route"])


def _said(request: Request) -> str | None:
    return request.query_params.get("said")


def _id(given: dict[str, str]) -> UUID:
    with suppress(ValueError):
        return UUID(given.get("id", ""))
    raise HTTPException(400)


async def _spend_of(conn: Connection, days: int) -> list[Spend]:
    return await operators.spend(conn, days=days)
