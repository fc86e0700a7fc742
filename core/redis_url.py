"""Reads REDIS_URL: Redis and Valkey, with TLS, users of an access list, Unix sockets, Sentinel.

Each parameter is used, ignored because nothing depends on it, or refused with a sentence that says what to do. These
sentences contain only names of parameters, because the rest of the address may be the password.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import parse_qsl, unquote

PORT, SENTINEL_PORT = 6379, 26379

_SCHEME = re.compile(
    r"(?P<kind>redis|rediss|valkey|valkeys|unix|redis\+unix|redis\+socket|redis\+tls|redis-sentinel|rediss-sentinel"
    r"|redis\+sentinel|rediss\+sentinel|valkey\+sentinel|sentinel|redis-cluster|redis\+cluster|rediss\+cluster)://",
    re.IGNORECASE,
)
_TLS = frozenset({"rediss", "valkeys", "redis+tls", "rediss-sentinel", "rediss+sentinel"})
_UNIX = frozenset({"unix", "redis+unix", "redis+socket"})
_HOST = re.compile(r"\[(?P<six>[0-9a-fA-F:.%]+)\](?::(?P<port6>[^:]*))?|(?P<name>[^:\[\]]*)(?::(?P<port>[^:]*))?")
_PARAMETER = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,62}")
_FILES = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_ca_path", "ssl_keyfile_password", "ssl_password")
_TRUE, _FALSE = frozenset({"true", "1", "yes", "on"}), frozenset({"false", "0", "no", "off"})
_CHECKS = {
    **dict.fromkeys(("none", "cert_none", "0", "false"), "none"),
    **dict.fromkeys(("optional", "cert_optional"), "optional"),
    **dict.fromkeys(("required", "cert_required", "1", "2", "true"), "required"),
}
_PASSED_OVER = frozenset(
    # Timeouts, retries and encodings are decided here, so these parameters are ignored.
    {"socket_timeout", "socket_connect_timeout", "socket_keepalive", "retry_on_timeout", "health_check_interval"}
    | {"max_connections", "timeout", "decode_responses", "encoding", "encoding_errors", "client_name", "protocol"}
    | {"connectTimeout", "connect_timeout", "pool_size", "keepAlive", "family", "lib_name", "maxRetriesPerRequest"}
    | {"connection_timeout", "read_timeout", "retry_on_error", "abortConnect", "min_tls_version", "ssl_min_version"}
)


class RedisAddressError(ValueError):
    """An address that cannot be used; the text ends the sentence that begins with the setting's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisAddress:
    """The address of Redis, and the login.

    Args:
        hosts: the hosts of the server, or, if there is a `master`, of its sentinels.
        path: the path of a Unix socket, in place of hosts.
        tls: arguments about certificates; None is without encryption.
        master: the name of the server at the sentinels.
        sentinel: the login at the sentinels, where they need one.
    """

    hosts: tuple[tuple[str, int], ...] = ()
    path: str | None = None
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    db: int = 0
    tls: Mapping[str, Any] | None = None
    master: str | None = None
    sentinel: Mapping[str, str] = field(default_factory=dict, repr=False)


def read_redis_url(url: str) -> RedisAddress:
    """Read an address.

    Raises:
        RedisAddressError: the address cannot be used; the text says what to change.
    """
    text = _bare(url)
    scheme = _SCHEME.match(text)
    if scheme is None:
        _refuse("wants a Redis or Valkey address such as redis://host:6379/0")
    kind = scheme["kind"].lower()
    if "cluster" in kind:
        _refuse_cluster()
    rest, mark, query = text[scheme.end() :].partition("?")
    authority, slash, path = rest.partition("/")
    if "#" in text or "@" in path or ("@" not in authority and mark and "@" in query.partition("&")[0]):
        _refuse(
            "has a password with one of / ? # @ in it as it is: write %2F for /, %3F for ?, %23 for # and %40 for @"
        )
    login, _, places = authority.rpartition("@")
    parameters = _parameters(query)
    user, password = _login(login, parameters)
    if kind in _UNIX:
        if parameters.keys() & {"ssl", "tls"}:
            _refuse("has TLS for a Unix socket: take it out")
        database = _db(parameters.pop("db", "") or parameters.pop("virtual_host", ""))
        _nothing_is_lost(parameters)
        return RedisAddress(path=unquote(places + slash + path), user=user, password=password, db=database)
    return _over_tcp(kind, places, path, parameters, user=user, password=password)


def _over_tcp(
    kind: str, places: str, path: str, parameters: dict[str, str], *, user: str | None, password: str | None
) -> RedisAddress:
    through_sentinel = "sentinel" in kind
    parts = [unquote(part) for part in path.strip("/").split("/") if part]
    master = _first(parameters, "master_name", "sentinel_master", "service_name", "sentinelMasterId", "mymaster")
    if through_sentinel and not master and parts and not parts[0].isdigit():
        master = parts.pop(0)
    if through_sentinel and not master:
        _refuse("names sentinels and not the master that they watch: write it behind them, as in /mymaster/0")
    if len(parts) > 1:
        _refuse("has a path with several parts: behind the host stands the number of the database alone, such as /0")
    tls = _tls(parameters, is_tls=kind in _TLS)
    sentinel = {
        name: value
        for name, value in (
            ("username", parameters.pop("sentinel_username", "")),
            ("password", parameters.pop("sentinel_password", "")),
        )
        if value
    }
    hosts = tuple(_host(place, SENTINEL_PORT if master else PORT) for place in places.split(","))
    if len(hosts) > 1 and not master:
        _refuse_cluster()
    database = _db(parameters.pop("db", "") or (parts[0] if parts else ""))
    _nothing_is_lost(parameters)
    return RedisAddress(
        hosts=hosts, user=user, password=password, db=database, tls=tls, master=master or None, sentinel=sentinel
    )


def _bare(url: str) -> str:
    """The address without what copying may leave around it: white space, quotes, a command."""
    text = re.sub(r"^(?:redis|valkey)-cli\s+(?:--tls\s+)?-u\s+", "", url.strip()).strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1].strip()
    if re.search(r"[\x00-\x1f\x7f]", text):
        _refuse("has a line break or another control character in it: take it out")
    return text


def _login(login: str, parameters: dict[str, str]) -> tuple[str | None, str | None]:
    user, colon, password = login.partition(":")
    if login and not colon:
        user, password = "", login  # older addresses have the password alone
    return (
        unquote(user) or parameters.pop("username", "") or parameters.pop("user", "") or None,
        unquote(password) or parameters.pop("password", "") or None,
    )


def _host(place: str, port: int) -> tuple[str, int]:
    found = _HOST.fullmatch(place)
    if found is None:
        _refuse("has a host that cannot be read: an IPv6 address goes in brackets, as in [::1]:6379")
    text = (found["port6"] if found["six"] else found["port"]) or str(port)
    if not (text.isascii() and text.isdigit() and 0 < int(text[:6]) < 65536):
        _refuse(
            "has a port that is not a number from 1 to 65535; "
            "in a password, write %2F for /, %3F for ?, %23 for # and %3A for :"
        )
    return found["six"] or unquote(found["name"]) or "localhost", int(text)


def _db(text: str) -> int:
    if text and not (text.isascii() and text.isdigit() and len(text) < 6):
        _refuse("has a database that is not a number: behind the host stands one such as /0")
    return int(text or "0")


def _tls(parameters: dict[str, str], *, is_tls: bool) -> dict[str, Any] | None:
    says = _first(parameters, "ssl", "tls").lower()
    if says and says not in _TRUE | _FALSE:
        _refuse("has ssl or tls with something else than true or false: use rediss:// for TLS")
    given: dict[str, Any] = {name: parameters.pop(name) for name in _FILES if name in parameters}
    if check := _first(parameters, "ssl_cert_reqs", "sslCertReqs").lower():
        if check not in _CHECKS:
            _refuse("has an ssl_cert_reqs that there is not: it is one of required, optional, none")
        given["ssl_cert_reqs"] = _CHECKS[check]
    if (trusts := parameters.pop("rejectUnauthorized", "").lower()) in _FALSE:
        given["ssl_cert_reqs"] = "none"
    elif trusts and trusts not in _TRUE:
        _refuse("has a rejectUnauthorized that is neither true nor false")
    names = parameters.pop("ssl_check_hostname", "").lower()
    if names and names not in _TRUE | _FALSE:
        _refuse("has an ssl_check_hostname that is neither true nor false")
    # Without a check of the certificate, the host name in it cannot be checked.
    given["ssl_check_hostname"] = names not in _FALSE and given.get("ssl_cert_reqs", "required") != "none"
    if not (is_tls or says in _TRUE):
        if given.keys() - {"ssl_check_hostname"}:
            _refuse("has parameters about certificates and no TLS: write rediss:// for redis://")
        return None
    return given


def _parameters(query: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True, errors="replace"):
        if not _PARAMETER.fullmatch(name):
            _refuse("has something behind the ? that is not name=value: take it out")
        found[name] = value
    return found


def _first(parameters: dict[str, str], *names: str) -> str:
    found = [parameters.pop(name, "") for name in names]
    return next((value for value in found if value), "")


def _nothing_is_lost(parameters: dict[str, str]) -> None:
    if parameters.pop("cluster", "false").lower() in _TRUE:
        _refuse_cluster()
    if unknown := sorted(parameters.keys() - _PASSED_OVER):
        _refuse(f"has the parameter {unknown[0]}, which Neverdark does not know: take it out")


def _refuse_cluster() -> NoReturn:
    _refuse(
        "names several servers or a cluster, where the queue cannot live: use one server, "
        "the primary endpoint of a cluster with cluster mode off, or redis+sentinel://host:26379/mymaster/0"
    )


def _refuse(why: str) -> NoReturn:
    raise RedisAddressError(why)
