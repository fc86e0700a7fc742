"""The access to the operators' console: by the token, or by an account that may log in.

Both get a cookie that scripts cannot read and other sites cannot send. A form is accepted only with the token that its
page contained, which is made from the cookie and our key.
"""

import asyncio
import base64
import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from core.db.pool import Pool
from core.usecases.health.availability import Watched
from web.bodies import SMALL, read

COOKIE = "neverdark_operator"
LASTS_S = 12 * 3600
WHO_MOST = 80
FAILS_MAX, FAILS_WITHIN_S = 10, 60.0
"""Wrong tokens of all clients together, within seconds: after that, logins wait; people with a cookie do not."""


@dataclass(slots=True, kw_only=True)
class Operators:
    """The sessions of the console.

    Args:
        secret: the key that signs cookies is made from it.
        token: the token that an operator types; None where this login is off.
        has_accounts: whether the login with a company's account is on.
        is_https: whether browsers reach us by https: then the cookie is sent by https only.
    """

    secret: str = field(repr=False)
    token: str | None = field(default=None, repr=False)
    pool: Pool
    watched: Watched
    is_https: bool
    has_accounts: bool = False
    _fails: list[float] = field(default_factory=list)

    def _signed(self, *parts: str) -> str:
        key = hashlib.sha256(b"neverdark operator " + self.secret.encode()).digest()
        return hmac.new(key, "|".join(parts).encode(), hashlib.sha256).hexdigest()

    def session(self, request: Request) -> str | None:
        """The session of a request; None where it has none, or an expired one."""
        name, _, rest = request.cookies.get(COOKIE, "").partition(".")
        ends, _, signature = rest.partition(".")
        if not hmac.compare_digest(signature, self._signed("session", name, ends)) or not ends.isdecimal():
            return None
        return name if int(ends) > time.time() else None

    def actor(self, session: str) -> str:
        """The actor's name in events: the operator, and the account of this session."""
        told = session.partition("~")[2]
        who = base64.urlsafe_b64decode(told + "=" * (-len(told) % 4)).decode()
        return f"operator {who}" if who else "operator"

    def form_word(self, session: str) -> str:
        """The token that forms of this session have to send."""
        return self._signed("form", session)

    async def sent(self, request: Request, session: str) -> dict[str, str] | None:
        """The fields of a sent form; None where its token is wrong."""
        given = await form_of(request)
        return given if hmac.compare_digest(given.get("word", ""), self.form_word(session)) else None

    async def let_in(self, given: str) -> Response | None:
        """The login with the token."""
        now = time.monotonic()
        self._fails = [at for at in self._fails if now - at < FAILS_WITHIN_S]
        if len(self._fails) >= FAILS_MAX:
            return None
        if self.token is None or not hmac.compare_digest(given.encode(), self.token.encode()):
            self._fails.append(now)
            await asyncio.sleep(0.5)
            return None
        return self.entered(RedirectResponse("/operator", 303))

    def entered(self, answer: Response, *, who: str = "") -> Response:
        """The answer, with the cookie of a new session.

        Args:
            who: the operator's name in events.
        """
        name, ends = secrets.token_hex(16), str(int(time.time()) + LASTS_S)
        if who:
            name += f"~{base64.urlsafe_b64encode(who[:WHO_MOST].encode()).decode().rstrip('=')}"
        answer.set_cookie(
            COOKIE, f"{name}.{ends}.{self._signed('session', name, ends)}", max_age=LASTS_S, path="/operator",
            secure=self.is_https, httponly=True, samesite="strict",
        )  # fmt: skip
        return answer

    def let_out(self) -> Response:
        answer = RedirectResponse("/operator", 303)
        answer.delete_cookie(COOKIE, path="/operator", secure=self.is_https, httponly=True, samesite="strict")
        return answer


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a small form."""
    body = await read(request, most=SMALL)
    return {name: values[-1] for name, values in parse_qs(body.decode("utf-8", "replace"), max_num_fields=20).items()}
