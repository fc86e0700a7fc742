"""The way into the console with a company's account, at a login provider that nobody here wrote, as a process."""

import re
import subprocess
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
import pytest
import pytest_asyncio

from core.db.errors import transaction
from core.db.health import route_health
from core.domain.health.config import HealthConfig
from core.http.base_client import http_client
from core.settings import SettingsError
from core.usecases.health.availability import Watched
from tests.official.proof import CLIENTS, ROOT, interpreter
from tests.servers import free_port
from tests.web.conftest import ROUTE, SEEDANCE, House
from web.oidc import BACK, COOKIE, ENTER, Oidc
from web.oidc_provider import Account, Begun, LoginFailed, Provider, _checked
from web.oidc_settings import oidc_settings
from web.operators import Operators

US = "https://video.test"
SECRET = "a secret of sixteen"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """The address of a provider that knows our client."""
    node = interpreter("servers")
    port = free_port()
    script = (CLIENTS / "login_provider.mjs").read_text()
    line = [str(node), "--input-type=module", "--eval", script, str(port), US + BACK]
    with subprocess.Popen(  # noqa: S603 - a pinned one
        line, cwd=ROOT / ".venv-official" / "servers", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == "ready"
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


@dataclass
class Browser:
    """Somebody's browser: our console at one name, the provider at its own, and the cookies of both."""

    http: httpx.AsyncClient
    house: House

    async def open(self, url: str) -> httpx.Response:
        return await self.http.get(urljoin(US, url))

    async def log_in(self, name: str, *, to: str = ENTER) -> httpx.Response:
        """Begin at our door, type a name at the provider, agree, and come back; the last page."""
        page = await self.http.get(US + to, follow_redirects=True)
        for _ in range(3):
            if str(page.url).startswith(US):
                break
            action = re.findall(r'action="([^"]+)"', page.text)[0]
            prompt = re.findall(r'name="prompt" value="(\w+)"', page.text)[0]
            form = {"prompt": prompt, "login": name, "password": "any"}
            page = await self.http.post(urljoin(str(page.url), action), data=form, follow_redirects=True)
        return page


def operators_of(house: House, *, token: str | None = None) -> Operators:
    return Operators(
        secret=SECRET, token=token, pool=house.pool, watched=Watched(by_provider={SEEDANCE: (ROUTE,)}),
        is_https=True, has_accounts=True,
    )  # fmt: skip


@pytest_asyncio.fixture
async def browser(house: House, issuer: str) -> AsyncIterator[Browser]:
    operators = operators_of(house)
    async with transaction(house.pool) as conn:
        await route_health.ensure(conn, {ROUTE: 20}, config=HealthConfig())
    async with http_client(bytes_max=1 << 20, trust_env=False) as ours:
        oidc = Oidc(
            provider=_provider(issuer, ours),
            emails=frozenset({"cleo@example.org", "@example.net"}),
            groups=frozenset({"video-operators"}),
            operators=operators,
            secret=SECRET,
        )
        app = house.app(operators=operators, oidc=oidc)
        async with httpx.AsyncClient(
            mounts={"https://video.test": httpx.ASGITransport(app), "all://": httpx.AsyncHTTPTransport()}, timeout=20
        ) as http:
            yield Browser(http, house)


def _provider(issuer: str, http: httpx.AsyncClient, **changes: Any) -> Provider:
    known: dict[str, Any] = {
        "issuer": issuer, "client_id": "neverdark", "client_secret": "a secret of the client",
        "scope": "openid email groups", "groups_claim": "groups", "back": US + BACK, "http": http, **changes,
    }  # fmt: skip
    return Provider(**known)


@pytest.mark.parametrize("name", ["ana@example.org", "cleo@example.org", "dan@example.net"])
async def test_a_group_an_address_or_a_domain_lets_somebody_in(browser: Browser, name: str) -> None:
    door = await browser.open("/operator")
    assert door.status_code == 401
    assert 'href="/operator/oidc"' in door.text
    assert "OPERATOR_TOKEN" not in door.text, "there is no token here"
    came = await browser.log_in(name)
    assert came.status_code == 200, came.text
    assert 'url=/operator"' in came.text
    assert COOKIE not in browser.http.cookies, "what the login needed is good for once"
    assert (await browser.open("/operator")).status_code == 200


async def test_what_is_done_bears_the_operators_name_and_a_logout_ends_it(browser: Browser) -> None:
    await browser.log_in("ana@example.org")
    page = (await browser.open("/operator/providers")).text
    word = page.split('name="word" value="')[1].split('"')[0]
    await browser.http.post(f"{US}/operator/hold", data={"route": ROUTE, "why": "a test", "word": word})
    actor = await browser.house.pool.fetchval("SELECT actor FROM provider_health_events ORDER BY id DESC LIMIT 1")
    assert actor == "operator ana@example.org"
    await browser.http.post(f"{US}/operator/logout", data={"word": word})
    assert (await browser.open("/operator")).status_code == 401


@pytest.mark.parametrize("name", ["ben@example.org", "unproven@example.net", "eve@cleo.example.org"])
async def test_anybody_else_is_told_no_and_gets_no_cookie(browser: Browser, name: str) -> None:
    came = await browser.log_in(name)
    assert (came.status_code, "may not use this console" in came.text) == (403, True)
    assert (await browser.open("/operator")).status_code == 401


async def test_the_request_has_pkce_state_and_nonce_and_the_cookie_is_ours_alone(browser: Browser) -> None:
    sent = await browser.open(ENTER)
    assert sent.status_code == 303
    asked = parse_qs(urlsplit(sent.headers["location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == [US + BACK]
    assert all(len(asked[name][0]) >= 32 for name in ("state", "nonce", "code_challenge"))
    told = sent.headers["set-cookie"].lower()
    assert all(word in told for word in ("httponly", "secure", "samesite=lax", "path=/operator/oidc", "max-age=600"))
    again = parse_qs(urlsplit((await browser.open(ENTER)).headers["location"]).query)
    assert all(again[name] != asked[name] for name in ("state", "nonce", "code_challenge"))


async def _returned(browser: Browser, name: str) -> httpx.URL:
    """Our address with the code that the provider has given, not opened yet."""
    page = await browser.http.get(US + ENTER, follow_redirects=True)
    for _ in range(8):
        if page.is_redirect:
            where = urljoin(str(page.url), page.headers["location"])
            if where.startswith(US):
                return httpx.URL(where)
            page = await browser.http.get(where)
            continue
        action = re.findall(r'action="([^"]+)"', page.text)[0]
        prompt = re.findall(r'name="prompt" value="(\w+)"', page.text)[0]
        form = {"prompt": prompt, "login": name, "password": "any"}
        page = await browser.http.post(urljoin(str(page.url), action), data=form)
    raise AssertionError("it never came back")


@pytest.mark.parametrize("how", ["another state", "no cookie", "another's cookie", "twice", "denied", "no code"])
async def test_whoever_comes_back_otherwise_than_they_went_stays_outside(browser: Browser, how: str) -> None:
    back = await _returned(browser, "ana@example.org")
    match how:
        case "another state":
            back = back.copy_set_param("state", "x" * 32)
        case "no cookie":
            browser.http.cookies.delete(COOKIE)
        case "another's cookie":
            browser.http.cookies.delete(COOKIE)
            await browser.open(ENTER)
        case "twice":
            await browser.http.get(back)
            browser.http.cookies.clear()
        case "denied":
            back = httpx.URL(US + BACK, params={"error": "access_denied", "state": "x"})
        case "no code":
            back = back.copy_remove_param("code")
    came = await browser.http.get(back)
    assert (came.status_code, "did not work" in came.text) == (401, True)
    assert (await browser.open("/operator")).status_code == 401


async def test_a_code_is_nothing_without_the_verifier(browser: Browser, issuer: str) -> None:
    back = await _returned(browser, "ana@example.org")
    async with http_client(bytes_max=1 << 20, trust_env=False) as http:
        with pytest.raises(LoginFailed, match="400"):
            await _provider(issuer, http).account(back.params["code"], Begun())


async def test_a_provider_that_does_not_answer_or_is_another_is_said(house: House, issuer: str) -> None:
    async with http_client(bytes_max=1 << 20, trust_env=False) as http:
        with pytest.raises(LoginFailed, match="another issuer"):
            await _provider(issuer.replace("127.0.0.1", "localhost"), http).address(Begun())
        operators = operators_of(house, token="a token of sixteen")
        oidc = Oidc(
            provider=_provider("http://127.0.0.1:9", http),
            emails=("@x",),
            groups=(),
            operators=operators,
            secret=SECRET,
        )
        app = house.app(operators=operators, oidc=oidc)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=US) as browser:
            came = await browser.get(ENTER)
    assert (came.status_code, "does not answer right now" in came.text) == (503, True)
    assert "OPERATOR_TOKEN" in came.text, "the token is a way in all the same"


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_a_token_that_anybody_could_have_signed_is_none(algorithm: str) -> None:
    known = {"issuer": "https://i", "id_token_signing_alg_values_supported": [algorithm]}
    unsigned = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwczovL2kifQ."
    with pytest.raises(LoginFailed):
        _checked({"id_token": unsigned}, {"keys": []}, known, nonce="n", client_id="c")


def test_an_address_counts_only_where_the_provider_says_that_it_is_theirs() -> None:
    unproven = Account(subject="1", email=None, groups=frozenset())
    assert not unproven.is_among(emails={"@", "", "@example.org"}, groups=())
    ana = Account(subject="1", email="Ana@Example.org", groups=frozenset({"a"}))
    assert ana.is_among(emails={"ana@example.org"}, groups=())
    assert ana.is_among(emails={"@example.org"}, groups=())
    assert ana.is_among(emails=(), groups={"a", "b"})
    assert not ana.is_among(emails={"@ample.org", "na@example.org"}, groups={"b"})


@pytest.mark.parametrize(
    ("values", "wants"),
    [
        ({"ISSUER": "ftp://x"}, "OPERATOR_OIDC_ISSUER wants the https address"),
        ({"ISSUER": "https://i", "EMAILS": "@x"}, "OPERATOR_OIDC_CLIENT_ID is not set"),
        ({"ISSUER": "https://i", "CLIENT_ID": "c"}, "one of them says who may come in"),
    ],
)
def test_half_a_login_stops_the_start(
    values: Mapping[str, str], wants: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in values.items():
        monkeypatch.setenv(f"OPERATOR_OIDC_{name}", value)
    with pytest.raises(SettingsError, match=wants):
        oidc_settings()
