"""Reads DATABASE_URL as people have it: as a provider's page, a framework or another driver wrote it.

Everything in it is understood, passed over because nothing depends on it, or refused with a sentence that says what to
do.
No sentence holds any of the address but the names of its parameters: the rest may be the password.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NoReturn
from urllib.parse import parse_qsl, unquote

PORT = 5432
SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")

_SCHEME = re.compile(r"(?:jdbc:)?(?:postgresql|postgres)(?:\+[a-z0-9_]+)?://", re.IGNORECASE)
"""Frameworks name their driver behind a plus."""
_HOST = re.compile(r"\[(?P<six>[0-9a-fA-F:.%]+)\](?::(?P<port6>.*))?|(?P<name>[^:\[\]]*)(?::(?P<port>[^:]*))?")
_PARAMETER = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,62}")

_PASSED_OVER = frozenset(
    # asyncpg has no channel binding, and keeps connections alive in its own way.
    {"channel_binding", "keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout"}
    | {"sslcompression", "sslsni", "sslcertmode", "sslaccept", "uselibpqcompat", "load_balance_hosts"}
    | {"min_protocol_version", "max_protocol_version", "async_fallback", "supa"}
    # How large a pool other programs open, and how long they wait.
    | {"connection_limit", "pool_timeout", "socket_timeout", "max_idle_connection_lifetime", "pool_max_conns"}
)
_TO_THE_DRIVER = frozenset(
    {"sslcert", "sslkey", "sslrootcert", "sslcrl", "sslpassword", "sslnegotiation", "krbsrvname", "gsslib", "passfile"}
    | {"ssl_min_protocol_version", "ssl_max_protocol_version"}
)
_TO_THE_SERVER = frozenset(
    {"options", "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "idle_session_timeout"}
    | {"work_mem", "timezone", "tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count"}
)
_CACHES = frozenset({"statement_cache_size", "prepared_statement_cache_size", "prepare_threshold", "preparethreshold"})
_TRUE, _FALSE = frozenset({"true", "1", "yes", "on"}), frozenset({"false", "0", "no", "off"})
_WRITABLE = frozenset({"any", "read-write", "primary"})


class AddressError(ValueError):
    """An address that cannot be used; the text ends the sentence that begins with the setting's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseAddress:
    """Where the database is, and as whom we come.

    Args:
        hosts: each with its port; a path is the folder of a Unix socket. None leaves it to the driver's defaults.
        driver: parameters about encryption and the like, under libpq's names.
        server: settings of the session.
        pooled: it says of itself that a pooler is between us and the server.
    """

    hosts: tuple[tuple[str, int], ...] = ()
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    database: str | None = None
    driver: Mapping[str, str] = field(default_factory=dict)
    server: Mapping[str, str] = field(default_factory=dict)
    connect_timeout_s: float | None = None
    only_writable: bool = False
    pooled: bool = False

    @property
    def ssl_mode(self) -> str:
        return self.driver.get("sslmode", "prefer")


def read_database_url(url: str) -> DatabaseAddress:
    """Read an address.

    Raises:
        AddressError: saying what to change.
    """
    text = _bare(url)
    scheme = _SCHEME.match(text)
    if scheme is None:
        _refuse("wants a Postgres address such as postgresql://user:password@host/database")
    authority, database, query = _split(text[scheme.end() :])
    login, _, places = authority.rpartition("@")
    user, _, password = login.partition(":")
    parameters = _parameters(query)
    address = DatabaseAddress(
        hosts=_hosts(places),
        user=_decoded(user),
        password=_decoded(password),
        database=_decoded(database),
    )
    return _with_parameters(address, parameters)


def _bare(url: str) -> str:
    """The address without what copying leaves around it: white space, quotes, the command that it was copied from."""
    text = re.sub(r"^psql\s+", "", url.strip()).strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1].strip()
    if re.search(r"[\x00-\x1f\x7f]", text):
        _refuse("has a line break or another control character in it: take it out")
    return text


def _split(rest: str) -> tuple[str, str, str]:
    before, mark, query = rest.partition("?")
    authority, _, database = before.partition("/")
    # Past the first of these characters, an @ shows that it is one of the password's.
    if "#" in rest or "@" in database or ("@" not in authority and mark and "@" in query.partition("&")[0]):
        _refuse(
            "has a password or name with one of / ? # @ in it as it is: "
            "write %2F for /, %3F for ?, %23 for # and %40 for @"
        )
    return authority, database, query


def _decoded(text: str) -> str:
    decoded = unquote(text, errors="surrogateescape")
    try:
        decoded.encode()
    except UnicodeEncodeError:
        _refuse("has a % with two digits that are no part of UTF-8: write %25 for a % that is meant as it is")
    if "\0" in decoded:
        _refuse("has %00 in it, which Postgres takes nowhere: take it out")
    return decoded


def _hosts(places: str) -> tuple[tuple[str, int], ...]:
    return tuple(_host(place) for place in places.split(",")) if places else ()


def _host(place: str) -> tuple[str, int]:
    found = _HOST.fullmatch(place)
    if found is None:
        _refuse("has a host that cannot be read: an IPv6 address goes in brackets, as in [::1]:5432")
    port = found["port6"] if found["six"] else found["port"]
    return found["six"] or unquote(found["name"]) or "localhost", _port(port or str(PORT))


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text[:6]) < 65536):
        _refuse(
            "has a port that is not a number from 1 to 65535; "
            "in a password, write %2F for /, %3F for ?, %23 for # and %3A for :"
        )
    return int(text)


def _parameters(query: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True, errors="replace"):
        if not _PARAMETER.fullmatch(name):
            _refuse("has something behind the ? that is not name=value: take it out")
        found[name] = value
    return found


def _with_parameters(address: DatabaseAddress, given: Mapping[str, str]) -> DatabaseAddress:
    left = dict(given)
    address = _with_place(address, left)
    driver = {name: left.pop(name) for name in tuple(left) if name in _TO_THE_DRIVER}
    server = {name: left.pop(name) for name in tuple(left) if name.lower() in _TO_THE_SERVER or "." in name}
    for name in ("fallback_application_name", "ApplicationName", "application_name"):
        if value := left.pop(name, ""):
            server["application_name"] = value
    if mode := _ssl_mode(left, driver):
        driver["sslmode"] = mode
    address = replace(
        address,
        driver=driver,
        server=server,
        connect_timeout_s=_seconds(left),
        only_writable=_only_writable(left) or len(address.hosts) > 1,
        pooled=_is_pooled(left),
    )
    _nothing_is_lost(left)
    return address


def _with_place(address: DatabaseAddress, left: dict[str, str]) -> DatabaseAddress:
    """What may stand behind the ? as well as before it. Taken out of `left`."""
    host, port = left.pop("host", ""), left.pop("port", "")
    if numeric := left.pop("hostaddr", ""):
        if left.get("sslmode") == "verify-full":
            _refuse("has hostaddr and sslmode=verify-full, which do not go together here: write the host's name alone")
        host = numeric
    if host and not address.hosts:
        names, ports = host.split(","), port.split(",") if port else []
        if len(ports) not in {0, 1, len(names)}:
            _refuse("has another number of ports than of hosts")
        ports = ports * len(names) if len(ports) == 1 else ports or [str(PORT)] * len(names)
        address = replace(address, hosts=tuple((name, _port(each)) for name, each in zip(names, ports, strict=True)))
    elif port and address.hosts and len(address.hosts) == 1:
        address = replace(address, hosts=((address.hosts[0][0], _port(port)),))
    user, password = left.pop("user", ""), left.pop("password", "")
    database = left.pop("dbname", "") or left.pop("database", "")
    return replace(
        address,
        user=address.user or user or None,
        password=address.password or password or None,
        database=address.database or database or None,
    )


def _ssl_mode(left: dict[str, str], driver: Mapping[str, str]) -> str | None:
    mode = left.pop("sslmode", "").lower()
    short = (left.pop("ssl", "") or left.pop("requiressl", "")).lower()
    if not mode and short:
        mode = "require" if short in _TRUE else "disable" if short in _FALSE else short
    if driver.get("sslrootcert") == "system":
        if mode not in {"", "verify-full", "require"}:
            _refuse("has sslrootcert=system, which goes with sslmode=verify-full alone")
        return "verify-full"
    mode = {"no-verify": "require"}.get(mode, mode)
    if mode and mode not in SSL_MODES:
        _refuse(f"has an sslmode that there is not: it is one of {', '.join(SSL_MODES)}")
    return mode or None


def _seconds(left: dict[str, str]) -> float | None:
    found = [left.pop(name, "") for name in ("connect_timeout", "connectTimeout")]
    text = next((each for each in found if each), "")
    if not text:
        return None
    if not re.fullmatch(r"-?\d{1,9}(\.\d{1,9})?", text):
        _refuse("has a connect_timeout that is not a number of seconds")
    # libpq takes 0 and below for "as long as it takes", and never waits less than 2 s.
    return max(2.0, float(text)) if float(text) > 0 else None


def _only_writable(left: dict[str, str]) -> bool:
    wanted = left.pop("target_session_attrs", "") or left.pop("targetServerType", "")
    wanted = {"master": "primary"}.get(wanted, wanted)
    if wanted and wanted not in _WRITABLE:
        _refuse("has a target_session_attrs for servers that take no writes: use read-write or any")
    return wanted in {"read-write", "primary"}


def _is_pooled(left: dict[str, str]) -> bool:
    says = left.pop("pgbouncer", "").lower()
    sizes = [left.pop(name) for name in tuple(left) if name.lower() in _CACHES]
    if any(not re.fullmatch(r"\d{1,9}", size) for size in sizes):
        _refuse("has a size of the statement cache that is not a number")
    return says in _TRUE or any(int(size) == 0 for size in sizes)


def _nothing_is_lost(left: dict[str, str]) -> None:
    """See that what is left over may be passed over."""
    if left.pop("gssencmode", "disable") == "require":
        _refuse("has gssencmode=require, which is not supported: use TLS with sslmode=verify-full")
    if left.pop("client_encoding", "utf8").lower().replace("-", "") not in {"utf8", "unicode", "auto"}:
        _refuse("has a client_encoding other than UTF8: take it out")
    if left.pop("schema", "public") != "public" or left.pop("currentSchema", "public") != "public":
        _refuse("has a schema other than public: Neverdark's tables are there, so take it out")
    if "service" in left:
        _refuse("has a service, which only libpq reads: write host, user and database into the address")
    if unknown := sorted(left.keys() - _PASSED_OVER):
        _refuse(f"has the parameter {unknown[0]}, which Neverdark does not know: take it out")


def _refuse(why: str) -> NoReturn:
    raise AddressError(why)
