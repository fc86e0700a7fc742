"""One login provider: the address for the login, and the account that it returns. Authlib and joserfc do the protocol.

It uses the code flow with PKCE, a state and a nonce. Every error in an answer is a `LoginFailed`.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import OpenIDProviderMetadata, get_well_known_url
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

WITHIN_S = 10.0
LEEWAY_S = 120
"""Seconds that the provider's clock and ours may differ."""
_ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"}
)
"""Algorithms with a private key at the provider: neither "none" nor those that our own secret could sign."""


class LoginFailed(Exception):
    """The provider's answer does not prove an account; the text is a word for the log."""


class LoginAway(LoginFailed):
    """The provider does not answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A login under way, stored in a cookie of the browser that began it."""

    state: str = field(default_factory=lambda: str(generate_token(32)))
    nonce: str = field(default_factory=lambda: str(generate_token(32)))
    verifier: str = field(default_factory=lambda: str(generate_token(64)), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A person's account at the provider.

    Args:
        email: None where the provider has not verified it.
    """

    subject: str
    email: str | None
    groups: frozenset[str]

    @property
    def label(self) -> str:
        return self.email or self.subject

    def is_among(self, *, emails: Collection[str], groups: Collection[str]) -> bool:
        """Whether the account has one of these addresses, domains (`@example.org`) or groups."""
        address = (self.email or "").casefold()
        domain = "@" + address.rpartition("@")[2]
        by_address = bool(address) and (address in emails or domain in emails)
        return by_address or not self.groups.isdisjoint(groups)


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A provider.

    Args:
        back: our address to which it sends people back.
        groups_claim: the claim with the groups of a person.
    """

    issuer: str
    client_id: str
    client_secret: str | None = field(repr=False)
    scope: str
    groups_claim: str
    back: str
    http: httpx.AsyncClient

    async def address(self, begun: Begun) -> str:
        """The address at which a person logs in.

        Raises:
            LoginFailed
        """
        known = await self._metadata()
        return str(
            prepare_grant_uri(
                known["authorization_endpoint"],
                self.client_id,
                "code",
                redirect_uri=self.back,
                scope=self.scope,
                state=begun.state,
                nonce=begun.nonce,
                code_challenge=create_s256_code_challenge(begun.verifier),
                code_challenge_method="S256",
            )
        )

    async def account(self, code: str, begun: Begun) -> Account:
        """The account that this code stands for.

        Raises:
            LoginFailed
        """
        known = await self._metadata()
        token = await self._token(known, code, begun)
        if not isinstance(token.get("id_token"), str):
            raise LoginFailed("no id token")
        keys = await self._asked("GET", known["jwks_uri"])
        claims = _checked(token, keys, known, nonce=begun.nonce, client_id=self.client_id)
        told = {**await self._user(known, token, claims["sub"]), **claims}
        groups = told.get(self.groups_claim) or ()
        listed = groups if isinstance(groups, list) else str(groups).split()
        is_theirs = told.get("email_verified") in {True, "true"}
        return Account(
            subject=str(claims["sub"]),
            email=str(told["email"]) if is_theirs and told.get("email") else None,
            groups=frozenset(map(str, listed)),
        )

    async def _metadata(self) -> dict[str, Any]:
        known = await self._asked("GET", get_well_known_url(self.issuer, external=True))
        try:
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                known[name].startswith("http")
            if self.issuer.startswith("https://"):
                # The library requires https, which a provider on this machine does not have.
                told = OpenIDProviderMetadata(known)
                told.validate_issuer()
                told.validate_authorization_endpoint()
                told.validate_token_endpoint()
                told.validate_jwks_uri()
        except (ValueError, KeyError, AttributeError) as error:
            raise LoginFailed("metadata") from error
        if str(known.get("issuer", "")).rstrip("/") != self.issuer.rstrip("/"):
            raise LoginFailed("another issuer")
        return known

    async def _token(self, known: Mapping[str, Any], code: str, begun: Begun) -> dict[str, Any]:
        body = prepare_token_request(
            "authorization_code", redirect_uri=self.back, code=code, code_verifier=begun.verifier
        )
        methods = known.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        how = "none"
        if self.client_secret is not None:
            how = "client_secret_basic" if "client_secret_basic" in methods else "client_secret_post"
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        uri, headers, body = ClientAuth(self.client_id, self.client_secret, how).prepare(
            "POST", known["token_endpoint"], headers, body
        )
        return await self._asked("POST", uri, headers=headers, body=body)

    async def _user(self, known: Mapping[str, Any], token: Mapping[str, Any], subject: str) -> dict[str, Any]:
        """The user info beside the id token; several providers have the address or the groups only there."""
        where, access = known.get("userinfo_endpoint"), token.get("access_token")
        if not where or not access:
            return {}
        told = await self._asked("GET", where, headers={"Authorization": f"Bearer {access}"})
        if told.get("sub") != subject:
            raise LoginFailed("another subject")
        return told

    async def _asked(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: str | None = None
    ) -> dict[str, Any]:
        try:
            answer = await self.http.request(
                method, url, headers=dict(headers or {}), content=body, timeout=WITHIN_S, follow_redirects=False
            )
            found = json.loads(answer.content)
        except httpx.HTTPError as error:
            raise LoginAway(type(error).__name__) from error
        except (ValueError, httpx.InvalidURL) as error:
            raise LoginFailed("an answer that is none") from error
        if answer.status_code >= 500:
            raise LoginAway(str(answer.status_code))
        if answer.status_code != 200 or not isinstance(found, dict):
            raise LoginFailed(str(answer.status_code))
        return found


def _checked(
    token: Mapping[str, Any], keys: Any, known: Mapping[str, Any], *, nonce: str, client_id: str
) -> dict[str, Any]:
    """The claims of the id token, after a check of its signature, audience, nonce and time."""
    offered = known.get("id_token_signing_alg_values_supported") or ["RS256"]
    try:
        read = jwt.decode(
            token["id_token"], KeySet.import_key_set(keys), algorithms=[each for each in offered if each in _ALGORITHMS]
        )
        claims = CodeIDToken(
            read.claims,
            read.header,
            {"iss": {"essential": True, "value": known["issuer"]}, "aud": {"essential": True, "value": client_id}},
            {"nonce": nonce, "client_id": client_id, "access_token": token.get("access_token")},
        )
        claims.validate(leeway=LEEWAY_S)
    except (JoseError, AuthlibBaseError, ValueError, TypeError, KeyError) as error:
        raise LoginFailed(type(error).__name__) from error
    return dict(claims)
