"""How Google's APIs say no, how they check keys and tokens, and how they refuse content."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.vendors import keys
from sandbox.vendors.keys import Key
from sandbox.vendors.middleware import WireError
from sandbox.vendors.task_store import TaskStore, variant
from sandbox.world import FaultKind

STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    402: "RESOURCE_EXHAUSTED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
VERSIONS = {"v1", "v1beta", "v1beta1", "v1alpha"}
SUPPORT_CODES = (58061214, 29310472, 62263041, 89371032, 35561574, 90789179, 61493863)
REFUSED = (
    "Veo could not generate videos because the input prompt violates Google's Responsible AI practices. "
    "Try rephrasing the prompt. Support codes: "
)
FAILED_CODE, FAILED_TEXT = 13, "Video generation failed due to an internal server issue. Please try again later."


def no(
    code: int,
    message: str,
    *,
    status: str = "",
    details: list[Any] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """The error envelope."""
    error: dict[str, Any] = {"code": code, "message": message, "status": status or STATUS[code]}
    if details:
        error["details"] = details
    return JSONResponse({"error": error}, status_code=code, headers=headers)


def down() -> Response:
    return no(503, "The model is overloaded. Please try again later.")


def broken() -> Response:
    return no(500, "An internal error has occurred. Please retry or report the problem.")


def not_a_body(reason: str) -> Response:
    return no(400, f"Invalid JSON payload received. {reason}")


def bad_field(path: str, reason: str, kind: str) -> Response:
    """An unknown or wrong field, in the words of the predict service."""
    name = path.rsplit(".", 1)[-1] if path else "body"
    if kind == "extra_forbidden" and "." not in path:
        return no(400, f'Invalid JSON payload received. Unknown name "{name}": Cannot find field.')
    if kind == "extra_forbidden":
        text = f"`{name}` isn't supported by this model. Please remove it or refer to the API documentation."
        return no(400, text)
    return no(400, f"The value of `{path}` is not valid: {reason}.")


def api_key(request: Request) -> str:
    """The key of a Gemini API call: from its header, else from the query.

    Raises:
        WireError: it is missing or wrong.
    """
    key = request.headers.get("x-goog-api-key") or request.query_params.get("key", "")
    match keys.worth(key):
        case Key.MISSING:
            text = "Method doesn't allow unregistered callers (callers without established identity)."
            raise WireError(no(403, text))
        case Key.BAD | Key.ELSEWHERE:
            reason = {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "API_KEY_INVALID",
                "domain": "googleapis.com",
            }
            raise WireError(no(400, "API key not valid. Please pass a valid API key.", details=[reason]))
        case _:
            return key


def token(request: Request) -> str:
    """The OAuth token of a Vertex call.

    Raises:
        WireError: it is missing or wrong.
    """
    found = keys.bearer(request)
    match keys.worth(found):
        case Key.MISSING | Key.BAD | Key.ELSEWHERE:
            text = "Request had invalid authentication credentials. Expected OAuth 2 access token."
            raise WireError(no(401, text))
        case _:
            return found


def key_or_token(request: Request) -> str:
    """Either of the two, for what both kinds of callers reach."""
    return token(request) if request.headers.get("authorization") else api_key(request)


def check_version(request: Request) -> None:
    """Only the versions that Google has.

    Raises:
        WireError: 404.
    """
    if request.path_params["version"] not in VERSIONS:
        raise WireError(Response("<!DOCTYPE html><title>Error 404 (Not Found)!!1</title>", 404, media_type="text/html"))


def admit(store: TaskStore, *, key: str, model: str) -> None:
    """Count a create and let it in, unless credit, rate or the model's end forbid it.

    Raises:
        WireError: with the reason.
    """
    store.submits += 1
    if key.startswith("poor-prepaid-"):
        raise WireError(no(402, "Your prepayment credits are depleted."))
    if key.startswith("poor-billing-"):
        text = "Please enable billing on your project to use this model."
        raise WireError(no(400, text, status="FAILED_PRECONDITION"))
    if keys.worth(key) is Key.POOR:
        raise WireError(
            no(429, "You exceeded your current quota: the monthly spend limit of your project was reached.")
        )
    if store.hits(FaultKind.RATE_LIMITED):
        later = {"retry-after": str(store.retry_after_s())}
        raise WireError(no(429, "Resource has been exhausted (e.g. check quota).", headers=later))
    if store.gone(model):
        raise WireError(no(404, f"models/{model} is no longer available. Please use a newer model."))


def unknown_model(model: str, *, version: str, method: str) -> WireError:
    """The 404 of a model that is not served on this route."""
    text = f"models/{model} is not found for API version {version}, or is not supported for {method}."
    return WireError(no(404, text))


def refused_text(prompt: str) -> str:
    """A refusal with the support code that this prompt draws."""
    return f"{REFUSED}{SUPPORT_CODES[variant(prompt, of=len(SUPPORT_CODES))]}"
