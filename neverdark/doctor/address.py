"""Checks the public address: whether it leads to our own `web`, and whether addresses of ours can be signed."""

from ipaddress import ip_address
from urllib.parse import urlsplit
from uuid import uuid4

import httpx

from core.domain.chat.addresses import Addresses
from core.domain.ids import RouteKey
from core.http.base_client import http_client
from core.settings import Settings
from neverdark.doctor.findings import Finding, Verdict, fine, made, unset, warning, wrong

ANSWER_MAX = 64 << 10
CALL_TIMEOUT_S = 10.0
ALIVE = "ok\n"
"""The answer of our `/healthz`."""


async def address(settings: Settings, *, outside: bool) -> list[Finding]:
    """The findings about PUBLIC_URL and LINK_SECRET."""
    public = settings.public_url
    if public is None:
        says = "PUBLIC_URL is not set: vendors cannot call back, and clips have no links"
        return [warning("address", says, "set it to the https address of `neverdark web`, with a LINK_SECRET")]
    findings = []
    if settings.link_secret is None:
        remedy = "set it to a long random text, the same for every process (`openssl rand -base64 32`)"
        findings.append(
            unset("address", "LINK_SECRET is not set, and no process starts beside PUBLIC_URL without it", remedy)
        )
    local = _is_local(public)
    if not local and public.startswith("http://"):
        remedy = "put a proxy with a certificate in front of `neverdark web`, and give its https address"
        findings.append(warning("address", f"{public} is not encrypted", remedy))
    if outside:
        remedy = "let your proxy lead there to WEB_HOST and WEB_PORT, and see that `neverdark web` runs"
        # With a sandbox nobody outside needs the address, and `web` may just have been stopped.
        verdict = Verdict.WARNING if local else Verdict.WRONG
        reached = await made("address", lambda: _reached(public, remedy), remedy=remedy, verdict=verdict)
        findings += reached
        if settings.link_secret is not None and all(found.verdict is Verdict.FINE for found in reached):
            given_out = Addresses(base=public.rstrip("/"), secret=settings.link_secret.get_secret_value())
            findings += await made("address", lambda: _signed(given_out), remedy=remedy, verdict=verdict)
    return findings


async def _reached(public: str, remedy: str) -> Finding:
    async with http_client(bytes_max=ANSWER_MAX, timeout=CALL_TIMEOUT_S, follow_redirects=False) as http:
        answer = await http.get(f"{public.rstrip('/')}/healthz")
    if answer.status_code == httpx.codes.OK and answer.text == ALIVE:
        return fine("address", f"{public} leads to our web process")
    return wrong("address", f"{public} leads to something else: /healthz is answered with {answer.status_code}", remedy)


async def _signed(given_out: Addresses) -> Finding:
    """Whether `web` accepts addresses that are signed with our secret: one is called as a vendor would."""
    word = uuid4().hex
    url = given_out.callback(route=RouteKey("doctor"), generation_id=uuid4(), n=1)
    async with http_client(bytes_max=ANSWER_MAX, timeout=CALL_TIMEOUT_S, follow_redirects=False) as http:
        answer = await http.post(url, json={"challenge": word})
    if answer.status_code == httpx.codes.OK and word in answer.text:
        return fine("address", "our web process takes what LINK_SECRET signs")
    if answer.status_code == httpx.codes.NOT_FOUND:
        remedy = "give `web`, the workers and this command the same one"
        return wrong(
            "address", "our web process has another LINK_SECRET: links and vendors' calls lead nowhere", remedy
        )
    remedy = "let your proxy lead POST requests below /callbacks/ there unchanged"
    return wrong("address", f"a vendor's call is answered with {answer.status_code}", remedy)


def _is_local(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
