"""The login at the operators' console with a company's account: to the provider, back, and the console's cookie."""

from collections.abc import Collection
from dataclasses import asdict, dataclass, field

import structlog
from itsdangerous import BadData, URLSafeTimedSerializer
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from web.console_pages import page
from web.console_sheets import entered, login
from web.oidc_provider import Begun, LoginAway, LoginFailed, Provider
from web.operators import Operators

log = structlog.get_logger()

ENTER = "/operator/oidc"
BACK = "/operator/oidc/back"
COOKIE = "neverdark_login"
LASTS_S = 600
"""Seconds that a person may take at the provider."""
_CODE_MAX = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Oidc:
    """One provider, and the persons of it who may log in.

    Args:
        secret: signs the cookie of a login under way.
    """

    provider: Provider
    emails: Collection[str]
    groups: Collection[str]
    operators: Operators
    secret: str = field(repr=False)

    def routes(self) -> list[BaseRoute]:
        return [
            Route(ENTER, self._enter, methods=["GET"]),
            Route(BACK, self._back, methods=["GET"]),
        ]

    def _sealed(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self.secret, salt="neverdark login")

    async def _enter(self, request: Request) -> Response:
        begun = Begun()
        try:
            where = await self.provider.address(begun)
        except LoginFailed as error:
            return self._failed(error)
        answer = RedirectResponse(where, 303, headers={"cache-control": "no-store"})
        answer.set_cookie(
            COOKIE, str(self._sealed().dumps(asdict(begun))), max_age=LASTS_S, path=ENTER,
            secure=self.operators.is_https, httponly=True, samesite="lax",
        )  # fmt: skip
        return answer

    async def _back(self, request: Request) -> Response:
        try:
            account = await self.provider.account(self._code(request), self._begun(request))
        except LoginFailed as error:
            return self._forgotten(self._failed(error))
        if not account.is_among(emails=self.emails, groups=self.groups):
            log.warning("operator.not_allowed")
            return self._forgotten(page(login(self.operators, why="not_allowed"), 403))
        log.info("operator.entered", by="account")
        # A redirect would count as one from the provider's site, and the browser would not send the console's cookie.
        return self._forgotten(self.operators.entered(page(entered()), who=account.label))

    def _begun(self, request: Request) -> Begun:
        """The login that this browser has begun, if the answer belongs to it."""
        try:
            known = Begun(**self._sealed().loads(request.cookies.get(COOKIE, ""), max_age=LASTS_S))
        except (BadData, TypeError) as error:
            raise LoginFailed("not begun here, or too long ago") from error
        if request.query_params.get("state") != known.state:
            raise LoginFailed("another state")
        return known

    def _code(self, request: Request) -> str:
        if "error" in request.query_params:
            raise LoginFailed("refused by the provider")
        code = request.query_params.get("code", "")
        if not code or len(code) > _CODE_MAX:
            raise LoginFailed("no code")
        return code

    def _failed(self, error: LoginFailed) -> Response:
        is_away = isinstance(error, LoginAway)
        log.warning("operator.login_failed", why=str(error), away=is_away)
        return page(login(self.operators, why="away" if is_away else "failed"), 503 if is_away else 401)

    def _forgotten(self, answer: Response) -> Response:
        """Delete the cookie of the login, which can be used once."""
        answer.delete_cookie(COOKIE, path=ENTER, secure=self.operators.is_https, httponly=True, samesite="lax")
        return answer
