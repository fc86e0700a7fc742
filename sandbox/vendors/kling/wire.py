"""What both generations of Kling's API say alike: the envelope, the error table and the keys."""

import json
import time
from typing import Any
from uuid import uuid4

import jwt
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.vendors import keys
from sandbox.vendors.keys import Key
from sandbox.vendors.middleware import WireError
from sandbox.vendors.shapes import Body, parse
from sandbox.vendors.task_store import TaskStore
from sandbox.world import FaultKind

HTTP_OF = {
    1000: 401,
    1001: 401,
    1002: 401,
    1003: 401,
    1004: 401,
    1101: 429,
    1102: 429,
    1103: 403,
    1200: 400,
    1201: 400,
    1202: 404,
    1203: 404,
    1300: 400,
    1301: 400,
    1302: 429,
    1303: 429,
    5000: 500,
    5001: 503,
    5002: 504,
}
RISK_CONTROL = "Failure to pass the risk control system"
"""How a refusal reads that comes after acceptance; the exact wording is unconfirmed (2026-11-22)."""


def reply(data: Any) -> dict[str, Any]:
    """The envelope around a good answer."""
    return {"code": 0, "message": "SUCCEED", "request_id": str(uuid4()), "data": data}


def no(code: int, message: str, *, headers: dict[str, str] | None = None) -> Response:
    """The envelope of a refusal."""
    body = {"code": code, "message": message, "request_id": str(uuid4())}
    return JSONResponse(body, status_code=HTTP_OF[code], headers=headers)


def down() -> Response:
    return no(5001, "The server is temporarily unavailable, usually due to maintenance")


def broken() -> Response:
    return no(5000, "Server internal error")


def not_a_body(reason: str) -> Response:
    return no(1200, f"Invalid request parameters: {reason}")


def bad_field(path: str, reason: str, kind: str) -> Response:
    return no(1201, f"Invalid parameters: {path or 'body'}: {reason}")


def read(shape: type[Body], value: Any) -> Body:
    """The body in this shape, or Kling's 1201."""
    return parse(shape, value, otherwise=bad_field)


def identify(request: Request, *, jwt_allowed: bool) -> str:
    """The caller's key.

    Raises:
        WireError: no key, a wrong key, or a JWT that is not valid now.
    """
    if not request.headers.get("authorization"):
        raise WireError(no(1001, "Authorization is empty"))
    key = keys.bearer(request)
    if key.count(".") == 2 and key.startswith("eyJ"):
        if not jwt_allowed:
            raise WireError(no(1002, "access key not found"))
        key = _issuer(key)
    match keys.worth(key):
        case Key.MISSING:
            raise WireError(no(1000, "Authorization failed"))
        case Key.BAD | Key.ELSEWHERE:
            raise WireError(no(1002, "access key not found"))
        case _:
            return key


def admit(store: TaskStore, *, key: str, model: str) -> None:
    """Count a create and let it in, unless credit, rate or the model's end forbid it.

    Raises:
        WireError: with the reason.
    """
    store.submits += 1
    if keys.worth(key) is Key.POOR:
        code, words = (1102, "Resource pack depleted/expired") if "pack" in key else (1101, "Account in arrears")
        raise WireError(no(code, words))
    if store.hits(FaultKind.RATE_LIMITED):
        later = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + store.retry_after_s() + 1))
        raise WireError(no(1302, "API request too fast", headers={"retry-after": later}))
    if store.gone(model):
        raise WireError(no(1203, f"The requested model {model} does not exist"))


def _issuer(token: str) -> str:
    """The access key that a JWT names. Its secret is known where the key is `ak-NAME`: it is `sk-NAME`."""
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
        issuer = str(claims.get("iss", ""))
        secret = f"sk-{issuer.removeprefix('ak-')}" if issuer.startswith("ak-") else ""
        jwt.decode(
            token,
            secret,
            algorithms=["HS256"],
            options={
                "verify_signature": bool(secret),
                "require": ["iss", "exp", "nbf"],
                "verify_exp": True,
                "verify_nbf": True,
            },
        )
    except jwt.ImmatureSignatureError as error:
        raise WireError(no(1003, "Authorization is not yet valid")) from error
    except jwt.ExpiredSignatureError as error:
        raise WireError(no(1004, "Authorization expired")) from error
    except (jwt.InvalidTokenError, json.JSONDecodeError) as error:
        raise WireError(no(1000, "Authorization failed: signature is invalid")) from error
    return issuer
