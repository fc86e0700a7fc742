"""DATABASE_URL as people have it: what each is read as, and the sentence for what cannot be used."""

import ssl
from typing import Any

import pytest
from asyncpg.connect_utils import (  # type: ignore[attr-defined]  # private, and not in the stubs
    _parse_connect_dsn_and_args,
)
from hypothesis import given
from hypothesis import strategies as st

from core.db.database_url import AddressError, DatabaseAddress, read_database_url
from core.db.pool import arguments
from core.settings import SettingsError, settings

NEON = "postgresql://ana:npg_x@ep-cool-1-pooler.eu.aws.neon.tech/neondb?sslmode=require&channel_binding=require"
SECRET = "hunter2"

READ: dict[str, dict[str, Any]] = {
    "postgres://u:p@h/d": {"hosts": (("h", 5432),), "user": "u", "password": "p", "database": "d"},
    "postgresql://u:p@h:6432/d": {"hosts": (("h", 6432),)},
    "POSTGRESQL://u:p@h/d": {"database": "d"},
    "postgresql+asyncpg://u:p@h/d": {"database": "d"},
    "postgresql+psycopg2://u:p@h/d": {"database": "d"},
    "jdbc:postgresql://h/d?user=u&password=p": {"user": "u", "password": "p"},
    "  'postgresql://u:p@h/d'\n": {"database": "d"},
    '"postgresql://u:p@h/d"': {"database": "d"},
    "psql 'postgresql://u:p@h/d'": {"database": "d"},
    "psql  postgresql://h/d": {"database": "d"},
    "postgresql://h/p": {"hosts": (("h", 5432),), "database": "p"},
    "postgresql://h/d'": {"database": "d'"},
    NEON: {"ssl_mode": "require", "database": "neondb"},
    "postgresql://u:p@h/d?connect_timeout=10": {"connect_timeout_s": 10.0},
    "postgresql://u:p@h/d?connect_timeout=1": {"connect_timeout_s": 2.0},
    "postgresql://u:p@h/d?connect_timeout=0": {"connect_timeout_s": None},
    "postgresql://u:p@h/d?keepalives=1&keepalives_idle=30&keepalives_interval=10&keepalives_count=5": {"server": {}},
    "postgresql://u:p@h/d?tcp_user_timeout=1000&gssencmode=disable&sslsni=1&sslcompression=0": {"server": {}},
    "postgresql://u:p@h/d?gssencmode=prefer": {},
    "postgresql://u:p@h/d?sslrootcert=system": {"ssl_mode": "verify-full"},
    "postgresql://u:p@h/d?sslmode=verify-full&sslrootcert=system": {"ssl_mode": "verify-full"},
    "postgresql://u:p@h/d?sslmode=no-verify": {"ssl_mode": "require"},
    "postgresql://u:p@h/d?ssl=true": {"ssl_mode": "require"},
    "postgresql://u:p@h/d?ssl=require": {"ssl_mode": "require"},
    "postgresql://u:p@h/d?requiressl=1": {"ssl_mode": "require"},
    "postgresql://u:p@h/d": {"ssl_mode": "prefer"},
    "postgresql://u:p@h/d?application_name=bots": {"server": {"application_name": "bots"}},
    "postgresql://u:p@h/d?options=-c%20statement_timeout%3D5s": {"server": {"options": "-c statement_timeout=5s"}},
    "postgresql://u:p@h/d?application_name=a@b": {"server": {"application_name": "a@b"}},
    "postgresql://u:p@h/d?options=endpoint%3Dep-cool-1": {"server": {"options": "endpoint=ep-cool-1"}},
    "postgresql://u:p@h/d?statement_timeout=5000": {"server": {"statement_timeout": "5000"}},
    "postgresql://u:p@h/d?target_session_attrs=read-write": {"only_writable": True},
    "postgresql://u:p@h/d?target_session_attrs=any": {"only_writable": False},
    "postgresql://u:p@h/d?targetServerType=primary": {"only_writable": True},
    "postgresql://u:p@h1,h2:6000,[::1]:7/d": {
        "hosts": (("h1", 5432), ("h2", 6000), ("::1", 7)), "only_writable": True},
    "postgresql://u:p@[fe80::1]/d": {"hosts": (("fe80::1", 5432),)},
    "postgresql:///d?host=h1,h2&port=1,2": {"hosts": (("h1", 1), ("h2", 2))},
    "postgresql:///d?host=h1,h2&port=9": {"hosts": (("h1", 9), ("h2", 9))},
    "postgresql://u@/d?host=/var/run/postgresql": {"hosts": (("/var/run/postgresql", 5432),), "user": "u"},
    "postgresql://%2Fvar%2Frun%2Fpg/d": {"hosts": (("/var/run/pg", 5432),)},
    "postgresql://u:p@h/d?hostaddr=10.0.0.1": {"hosts": (("h", 5432),)},
    "postgresql://u:p@h/d?pgbouncer=true": {"pooled": True},
    "postgresql://u:p@h/d?pgbouncer=true&connection_limit=1&pool_timeout=20": {"pooled": True},
    "postgresql://u:p@h/d?statement_cache_size=0": {"pooled": True},
    "postgresql://u:p@h/d?prepareThreshold=0": {"pooled": True},
    "postgresql://u:p@h/d?statement_cache_size=100": {"pooled": False},
    "postgresql://u:p@h/d?schema=public": {},
    "postgresql://u:p@h/d?client_encoding=utf8": {},
    "postgresql://u:p%40%2F%3F%23%3A%25@h/d": {"password": "p@/?#:%"},
    "postgresql://u:p@ss@h/d": {"password": "p@ss"},
    "postgresql://u:a:b@h/d": {"password": "a:b"},
    "postgresql://u:100%@h/d": {"password": "100%"},
    "postgresql://u:%C3%A9%E2%82%AC@h/d": {"password": "é€"},
    "postgresql://u:é@h/d": {"password": "é"},
    "postgresql://u:p+q@h/d": {"password": "p+q"},
    "postgresql://user%40corp:p@h/d": {"user": "user@corp"},
    "postgresql://postgres.abcd:p@aws-0-eu.pooler.supabase.com:6543/postgres": {"user": "postgres.abcd"},
    "postgresql://u@h/d": {"password": None},
    "postgresql://h": {"database": None, "user": None},
    # Bounds and the other ways to say the same.
    "postgresql://u:p@h:1/d": {"hosts": (("h", 1),)},
    "postgresql://u:p@h:65535/d": {"hosts": (("h", 65535),)},
    "postgresql://u:p@h:/d": {"hosts": (("h", 5432),)},
    "postgresql://u:p@[::1]:6000/d": {"hosts": (("::1", 6000),)},
    "postgresql://u:p@:6000/d": {"hosts": (("localhost", 6000),)},
    "postgresql://u:p@/d": {"hosts": (), "only_writable": False},
    "postgresql:///d?host=/run/pg": {"hosts": (("/run/pg", 5432),)},
    "postgresql:///d?host=h1,h2": {"hosts": (("h1", 5432), ("h2", 5432)), "only_writable": True},
    "postgresql:///d?hostaddr=10.0.0.1": {"hosts": (("10.0.0.1", 5432),)},
    "postgresql:///d?host=h&hostaddr=10.0.0.1&port=7": {"hosts": (("10.0.0.1", 7),)},
    "postgresql:///d?port=7": {"hosts": ()},
    "postgresql://u:p@h:6000/d?host=other": {"hosts": (("h", 6000),)},
    "postgresql://u:p@h:6000/d?port=7": {"hosts": (("h", 7),)},
    "postgresql://u:p@h1,h2/d?port=7": {"hosts": (("h1", 5432), ("h2", 5432))},
    "postgresql://u:p@h/d?user=v&password=q&dbname=e": {"user": "u", "password": "p", "database": "d"},
    "postgresql://h?user=v&password=q&dbname=e": {"user": "v", "password": "q", "database": "e"},
    "postgresql://h?database=e": {"user": None, "password": None, "database": "e"},
    "postgresql://h/?sslmode=require": {"ssl_mode": "require", "database": None},
    "postgresql://h/d?sslmode=disable&ssl=true": {"ssl_mode": "disable"},
    "postgresql://h/d?ssl=false": {"ssl_mode": "disable"},
    "postgresql://h/d?ssl=ON": {"ssl_mode": "require"},
    "postgresql://h/d?requiressl=0": {"ssl_mode": "disable"},
    "postgresql://h/d?sslmode=require&sslrootcert=system": {"ssl_mode": "verify-full"},
    "postgresql://h/d": {
        "driver": {}, "server": {}, "connect_timeout_s": None, "only_writable": False, "pooled": False},
    "postgresql://h/d?connectTimeout=7.5": {"connect_timeout_s": 7.5},
    "postgresql://h/d?connect_timeout=2": {"connect_timeout_s": 2.0},
    "postgresql://h/d?connect_timeout=2.5": {"connect_timeout_s": 2.5},
    "postgresql://h/d?connect_timeout=-1": {"connect_timeout_s": None},
    "postgresql://h/d?connect_timeout=0.5": {"connect_timeout_s": 2.0},
    "postgresql://h/d?connect_timeout=3&connectTimeout=9": {"connect_timeout_s": 3.0},
    "postgresql://h/d?target_session_attrs=primary": {"only_writable": True},
    "postgresql://h/d?targetServerType=master": {"only_writable": True},
    "postgresql://h/d?ApplicationName=bots": {"server": {"application_name": "bots"}},
    "postgresql://h/d?fallback_application_name=a&application_name=b": {"server": {"application_name": "b"}},
    "postgresql://h/d?TimeZone=UTC&app.user=7": {"server": {"TimeZone": "UTC", "app.user": "7"}},
    "postgresql://h/d?pgbouncer=1": {"pooled": True},
    "postgresql://h/d?pgbouncer=false": {"pooled": False},
    "postgresql://h/d?prepared_statement_cache_size=0&statement_cache_size=5": {"pooled": True},
    "postgresql://h/d?prepare_threshold=5": {"pooled": False},
    "postgresql://h/d?currentSchema=public&client_encoding=UTF-8": {},
    "postgresql://h/d?client_encoding=auto": {},
}  # fmt: skip

REFUSED = {
    "": "wants a Postgres address",
    "mysql://u:hunter2@h/d": "wants a Postgres address",
    "u:hunter2@h/d": "wants a Postgres address",
    "'postgresql://u:hunter2@h/d": "wants a Postgres address",
    "postgresql://u:hun/ter2@h/d": "has a password or name with one of",
    "postgresql://u:hun#ter2@h/d": "has a password or name with one of",
    "postgresql://u:hun?ter2@h/d": "has a password or name with one of",
    "postgresql://u:123/hunter2@h/d": "has a password or name with one of",
    "postgresql://u:hunter2@h:port/d": "has a port that is not a number",
    "postgresql://u:hunter2@h:0/d": "has a port that is not a number",
    "postgresql://u:hunter2@h:99999/d": "has a port that is not a number",
    "postgresql://u:hunter2@::1/d": "an IPv6 address goes in brackets",
    "postgresql://u:hunter2@h/d\nX": "control character",
    "postgresql://u:hunter2%ff@h/d": "no part of UTF-8",
    "postgresql://u:hunter2%00@h/d": "%00",
    "postgresql://u:hunter2@h/d?sslmode=hunter2": "an sslmode that there is not",
    "postgresql://u:hunter2@h/d?sslmode=disable&sslrootcert=system": "goes with sslmode=verify-full alone",
    "postgresql://u:hunter2@h/d?gssencmode=require": "gssencmode=require, which is not supported",
    "postgresql://u:hunter2@h/d?target_session_attrs=read-only": "use read-write or any",
    "postgresql://u:hunter2@h/d?target_session_attrs=standby": "use read-write or any",
    "postgresql://u:hunter2@h/d?client_encoding=latin1": "client_encoding other than UTF8",
    "postgresql://u:hunter2@h/d?schema=other": "schema other than public",
    "postgresql://u:hunter2@h/d?service=mine": "only libpq reads",
    "postgresql://u:hunter2@h/d?connect_timeout=hunter2": "not a number of seconds",
    "postgresql://u:hunter2@h/d?statement_cache_size=hunter2": "not a number",
    "postgresql://u:hunter2@h/d?replication=database": "the parameter replication",
    "postgresql://u:hunter2@h/d?hunter2x=1&zz=2": "the parameter hunter2x",
    "postgresql://u:hunter2@h/d?a b=1": "not name=value",
    "postgresql://u:p@/d?host=h1,h2&port=1,2,3": "another number of ports",
    "postgresql://u:hunter2@h:65536/d": "has a port that is not a number",
    "postgresql://u:hunter2@h:100000/d": "has a port that is not a number",
    "postgresql://u:hunter2@[::1]:0/d": "has a port that is not a number",
    "postgresql://u:hunter2@h:²/d": "has a port that is not a number",
    "postgresql://u:hunter2@h/d?port=0": "has a port that is not a number",
    "postgresql://u:hunter2@h/d?currentSchema=other": "schema other than public",
    "postgresql://u:hunter2@h/d?schema=public&currentSchema=other": "schema other than public",
    "postgresql://u:hunter2@h/d?ssl=hunter2": "an sslmode that there is not",
    "postgresql://u:hunter2@h/d?sslmode=prefer&sslrootcert=system": "goes with sslmode=verify-full alone",
    "postgresql://u:hunter2@h/d?hostaddr=10.0.0.1&sslmode=verify-full": "write the host's name alone",
    "postgresql://u:hunter2@h/d?connect_timeout=5s": "not a number of seconds",
    "postgresql://u:hunter2@h/d?connect_timeout=1234567890": "not a number of seconds",
    "postgresql://u:hunter2@h/d?statement_cache_size=-1": "not a number",
    "postgresql://u:hunter2@h/d?statement_cache_size=0&prepare_threshold=x": "not a number",
    "postgresql://u:p@/d?host=h1,h2,h3&port=1,2": "another number of ports",
    "postgresql://u:p@/d?host=h1&port=1,2": "another number of ports",
}


@pytest.mark.parametrize("url", READ)
def test_it_is_read_as_it_is_meant_and_the_driver_takes_it(url: str) -> None:
    address = read_database_url(url)
    assert {name: getattr(address, name) for name in READ[url]} == READ[url]
    how = arguments(address, timeout_s=2)
    taken = {"dsn", "host", "port", "user", "password", "database", "server_settings", "target_session_attrs"}
    rest = dict.fromkeys(("passfile", "ssl", "service", "servicefile", "direct_tls", "krbsrvname", "gsslib"))
    given = {name: how.get(name) for name in taken}
    _, parsed = _parse_connect_dsn_and_args(**given, **rest)[:2]
    parameters = parsed if hasattr(parsed, "user") else _parse_connect_dsn_and_args(**given, **rest)[1]
    assert parameters.user == (address.user or parameters.user)
    if address.ssl_mode == "verify-full":
        assert isinstance(parameters.ssl, ssl.SSLContext)
        assert parameters.ssl.check_hostname


@pytest.mark.parametrize("url", REFUSED)
def test_what_cannot_be_used_is_refused_in_a_sentence_without_the_password(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(AddressError) as refusal:
        read_database_url(url)
    said = str(refusal.value)
    assert REFUSED[url] in said
    assert SECRET not in said.replace("hunter2x", "")
    if url:
        monkeypatch.setenv("DATABASE_URL", url)
        with pytest.raises(SettingsError, match=r"^DATABASE_URL (wants|has) ") as told:
            settings()
        assert str(told.value).endswith(".")


@given(st.text(st.characters(blacklist_categories=["Cs"]), max_size=60))
def test_whatever_is_typed_there_is_an_address_or_a_sentence(text: str) -> None:
    try:
        read_database_url(f"postgresql://{text}")
    except AddressError as refusal:
        said = str(refusal)
    else:
        said = ""
    assert len(said) < 200


def test_an_address_never_shows_its_password() -> None:
    assert SECRET not in repr(DatabaseAddress(password=SECRET))


@pytest.mark.parametrize(
    "names",
    [
        "channel_binding keepalives keepalives_idle keepalives_interval keepalives_count tcp_user_timeout",
        "sslcompression sslsni sslcertmode sslaccept uselibpqcompat load_balance_hosts min_protocol_version",
        "max_protocol_version async_fallback supa connection_limit pool_timeout socket_timeout",
        "max_idle_connection_lifetime pool_max_conns",
    ],
)
def test_parameters_that_nothing_depends_on_are_passed_over(names: str) -> None:
    for name in names.split():
        assert read_database_url(f"postgresql://h/d?{name}=1") == read_database_url("postgresql://h/d")


def test_every_mode_of_encryption_is_read_in_any_case() -> None:
    for mode in ("disable", "allow", "prefer", "require", "verify-ca", "verify-full"):
        for word in (mode, mode.upper()):
            assert read_database_url(f"postgresql://h/d?sslmode={word}").driver == {"sslmode": mode}


def test_parameters_of_the_driver_and_of_the_server_reach_them() -> None:
    of_driver = (
        "sslcert sslkey sslrootcert sslcrl sslpassword sslnegotiation krbsrvname gsslib passfile"
        " ssl_min_protocol_version ssl_max_protocol_version"
    )
    of_server = (
        "options statement_timeout lock_timeout idle_in_transaction_session_timeout idle_session_timeout work_mem"
        " timezone tcp_keepalives_idle tcp_keepalives_interval tcp_keepalives_count"
    )
    for name in of_driver.split():
        assert read_database_url(f"postgresql://h/d?{name}=1").driver == {name: "1"}
    for name in of_server.split():
        assert read_database_url(f"postgresql://h/d?{name}=1").server == {name: "1"}


def test_what_an_address_leaves_open_is_left_to_the_driver() -> None:
    assert DatabaseAddress() == DatabaseAddress(
        hosts=(), user=None, password=None, database=None, driver={}, server={}, connect_timeout_s=None,
        only_writable=False, pooled=False,
    )  # fmt: skip
    assert DatabaseAddress().ssl_mode == "prefer"
