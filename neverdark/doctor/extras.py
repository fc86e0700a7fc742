"""What is there if an operator has named it: a collector of traces, a model that helps with descriptions, a login.

Without any of them videos are made all the same, so that what is wrong with one is a warning.
"""

from importlib import import_module

import httpx

from core.http.base_client import http_client
from core.settings import Settings
from core.trace_settings import TraceSettings, trace_settings
from neverdark.doctor.findings import Finding, fine, unset, warning
from web.oidc import BACK
from web.oidc_provider import Begun, LoginAway, LoginFailed, Provider
from web.oidc_settings import OidcSettings, oidc_settings

ANSWER_MAX = 4 << 20
CALL_TIMEOUT_S = 10.0
_REFUSED = {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}


async def traces(*, outside: bool) -> list[Finding]:
    """Whether spans can be sent, and are taken. Raises SettingsError."""
    known = trace_settings()
    if known.otel_exporter_otlp_endpoint is None:
        return []
    try:
        import_module("core.otlp")
    except ImportError:
        says = "OTEL_EXPORTER_OTLP_ENDPOINT is set, and what sends traces is not installed: none is sent"
        return [warning("traces", says, "pip install 'neverdark[otel]', or take the variable away")]
    if not outside:
        return [fine("traces", f"are sent to {known.otel_exporter_otlp_endpoint}")]
    return [await _collected(known, known.otel_exporter_otlp_endpoint)]


async def _collected(known: TraceSettings, endpoint: str) -> Finding:
    """Ask the collector to take no spans at all, which is a request like any other."""
    headers = {**known.headers, "content-type": "application/x-protobuf"}
    remedy = (
        "see that the collector runs and takes OTLP over HTTP there, on port 4318 as a rule; videos do not wait for it"
    )
    try:
        async with http_client(bytes_max=ANSWER_MAX, timeout=CALL_TIMEOUT_S) as http:
            answer = await http.post(f"{endpoint.rstrip('/')}/v1/traces", headers=headers, content=b"")
    except httpx.HTTPError as error:
        return warning("traces", f"the collector at {endpoint} is not reached ({type(error).__name__})", remedy)
    if answer.is_success:
        return fine("traces", f"the collector at {endpoint} takes them")
    if answer.status_code in _REFUSED:
        says = f"the collector at {endpoint} refuses us ({answer.status_code})"
        return warning("traces", says, "put its key into OTEL_EXPORTER_OTLP_HEADERS, as name=value")
    return warning("traces", f"{endpoint} is no collector: /v1/traces is answered with {answer.status_code}", remedy)


async def prompt_help(settings: Settings) -> list[Finding]:
    """Whether the model that writes descriptions better is there, and lets us in."""
    if settings.prompt_help_url is None:
        return []
    url, model = settings.prompt_help_url.rstrip("/"), settings.prompt_help_model
    key = settings.prompt_help_key
    headers = {"authorization": f"Bearer {key.get_secret_value()}"} if key is not None else {}
    try:
        async with http_client(bytes_max=ANSWER_MAX, timeout=CALL_TIMEOUT_S, headers=headers) as http:
            answer = await http.get(f"{url}/models")
    except httpx.HTTPError as error:
        remedy = "see that PROMPT_HELP_URL is right; people go on with their own words meanwhile"
        return [warning("prompt help", f"{url} is not reached ({type(error).__name__})", remedy)]
    if answer.status_code in _REFUSED:
        says = f"{url} refuses our key ({answer.status_code})"
        return [warning("prompt help", says, "put a working one into PROMPT_HELP_KEY")]
    if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
        says = f"{url} is in trouble ({answer.status_code})"
        return [warning("prompt help", says, "look at its status page; people go on with their own words meanwhile")]
    if (models := _models(answer)) and model not in models:
        some = ", ".join(sorted(models)[:5])
        return [warning("prompt help", f"{url} has no model {model}", f"set PROMPT_HELP_MODEL to one of its: {some}")]
    return [fine("prompt help", f"{model} of {url}")]


def _models(answer: httpx.Response) -> frozenset[str]:
    """The models that the endpoint lists; not all of them do."""
    try:
        listed = answer.json()["data"] if answer.is_success else ()
        return frozenset(str(each["id"]) for each in listed)
    except (ValueError, KeyError, TypeError):
        return frozenset()


async def login(settings: Settings, *, outside: bool) -> list[Finding]:
    """Whether operators can log in with their company's accounts. Raises SettingsError."""
    known = oidc_settings()
    if known is None:
        return []
    if settings.public_url is None:
        remedy = "set it to the https address of `neverdark web`"
        return [unset("login", "PUBLIC_URL is not set, and a login provider sends people back to it", remedy)]
    issuer = known.operator_oidc_issuer or ""
    if not outside:
        return [fine("login", f"by {issuer}")]
    remedy = "set OPERATOR_OIDC_ISSUER to what the provider calls its issuer, to the letter"
    async with http_client(bytes_max=ANSWER_MAX, timeout=CALL_TIMEOUT_S, follow_redirects=False) as http:
        try:
            await _provider(known, issuer, settings.public_url, http).address(Begun())
        except LoginAway as error:
            return [warning("login", f"{issuer} does not answer ({error})", "look at its status; OPERATOR_TOKEN works")]
        except LoginFailed as error:
            return [warning("login", f"{issuer} is no login provider that we understand ({error})", remedy)]
    return [fine("login", f"by {issuer}")]


def _provider(known: OidcSettings, issuer: str, public: str, http: httpx.AsyncClient) -> Provider:
    return Provider(
        issuer=issuer,
        client_id=known.operator_oidc_client_id or "",
        client_secret=None,
        scope=known.operator_oidc_scope,
        groups_claim=known.operator_oidc_groups_claim,
        back=public.rstrip("/") + BACK,
        http=http,
    )
