"""REDIS_URL as people have it: what each is read as, and the sentence for what cannot be used."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.queue import open_connections
from core.redis_url import RedisAddress, RedisAddressError, read_redis_url
from core.settings import SettingsError, settings

SECRET = "hunter2"
NO_TLS = None
CHECKED = {"ssl_check_hostname": True}

READ: dict[str, dict[str, Any]] = {
    "redis://h": {"hosts": (("h", 6379),), "db": 0, "tls": NO_TLS, "user": None},
    "redis://h:7000/3": {"hosts": (("h", 7000),), "db": 3},
    "redis://h?db=4": {"db": 4},
    "valkey://h/1": {"db": 1, "tls": NO_TLS},
    "valkeys://default:p@h:25061/0": {"user": "default", "password": "p", "tls": CHECKED},
    "rediss://default:p@h:6380": {"tls": CHECKED, "password": "p"},
    "redis+tls://:p@h": {"tls": CHECKED},
    "REDISS://h": {"tls": CHECKED},
    "redis://h?ssl=true": {"tls": CHECKED},
    "redis://h?tls=1": {"tls": CHECKED},
    "redis://:p@h": {"user": None, "password": "p"},
    "redis://p@h": {"user": None, "password": "p"},
    "redis://u:p@h": {"user": "u", "password": "p"},
    "redis://h?username=u&password=p": {"user": "u", "password": "p"},
    "redis://u:p%40%2F%23@h": {"password": "p@/#"},
    "redis://u:p@ss@h": {"password": "p@ss"},
    "redis://u:a:b@h": {"password": "a:b"},
    "redis://[::1]:6379/0": {"hosts": (("::1", 6379),)},
    "rediss://h?ssl_cert_reqs=none": {"tls": {"ssl_cert_reqs": "none", "ssl_check_hostname": False}},
    "rediss://h?ssl_cert_reqs=CERT_NONE": {"tls": {"ssl_cert_reqs": "none", "ssl_check_hostname": False}},
    "rediss://h?ssl_cert_reqs=CERT_REQUIRED": {"tls": {"ssl_cert_reqs": "required", **CHECKED}},
    "rediss://h?rejectUnauthorized=false": {"tls": {"ssl_cert_reqs": "none", "ssl_check_hostname": False}},
    "rediss://h?ssl_check_hostname=false": {"tls": {"ssl_check_hostname": False}},
    "rediss://h?ssl_ca_certs=/ca.pem&ssl_certfile=/c&ssl_keyfile=/k": {
        "tls": {"ssl_ca_certs": "/ca.pem", "ssl_certfile": "/c", "ssl_keyfile": "/k", **CHECKED}},
    "redis://h?socket_timeout=5&decode_responses=true&max_connections=3&protocol=3&health_check_interval=1": {},
    "unix:///run/redis.sock?db=2": {"path": "/run/redis.sock", "db": 2, "hosts": ()},
    "unix://u:p@/run/redis.sock": {"path": "/run/redis.sock", "user": "u", "password": "p"},
    "redis+socket:///run/redis.sock": {"path": "/run/redis.sock"},
    "redis+sentinel://u:p@s1:26379,s2/mymaster/2": {
        "hosts": (("s1", 26379), ("s2", 26379)), "master": "mymaster", "db": 2, "user": "u", "password": "p"},
    "redis-sentinel://s1/0?master_name=m": {"master": "m", "db": 0},
    "sentinel://s1?service_name=m&db=1": {"master": "m", "db": 1},
    "redis+sentinel://s1/m?sentinel_username=su&sentinel_password=sp": {
        "sentinel": {"username": "su", "password": "sp"}},
    "rediss+sentinel://s1/m": {"tls": CHECKED},
    " 'redis://h/1' ": {"db": 1},
    "redis://u:p@h?client_name=a@b": {"hosts": (("h", 6379),)},
    "redis://u:p@r": {"hosts": (("r", 6379),)},
    "redis-cli --tls -u rediss://default:p@h": {"tls": CHECKED},
    # Bounds and the other ways to say the same.
    "redis://h:1": {"hosts": (("h", 1),)},
    "redis://h:65535": {"hosts": (("h", 65535),)},
    "redis://h:": {"hosts": (("h", 6379),)},
    "redis://:7000": {"hosts": (("localhost", 7000),)},
    "redis://[::1]": {"hosts": (("::1", 6379),)},
    "redis://h/99999": {"db": 99999},
    "redis://h/": {"db": 0},
    "redis://h/3?db=4": {"db": 4},
    "redis://h?user=u": {"user": "u", "password": None},
    "redis://h?username=u": {"user": "u", "password": None},
    "redis://u%40corp:p@h": {"user": "u@corp"},
    "redis://%2Fx": {"hosts": (("/x", 6379),)},
    "redis://h?ssl=FALSE": {"tls": None},
    "rediss://h?ssl=false": {"tls": CHECKED},
    "redis://h?tls=yes&ssl_ca_certs=/ca": {"tls": {"ssl_ca_certs": "/ca", **CHECKED}},
    "rediss://h?ssl_cert_reqs=optional": {"tls": {"ssl_cert_reqs": "optional", **CHECKED}},
    "rediss://h?ssl_cert_reqs=1": {"tls": {"ssl_cert_reqs": "required", **CHECKED}},
    "rediss://h?sslCertReqs=0": {"tls": {"ssl_cert_reqs": "none", "ssl_check_hostname": False}},
    "rediss://h?rejectUnauthorized=true": {"tls": CHECKED},
    "rediss://h?rejectUnauthorized=0&ssl_cert_reqs=required": {
        "tls": {"ssl_cert_reqs": "none", "ssl_check_hostname": False}},
    "rediss://h?ssl_check_hostname=TRUE": {"tls": CHECKED},
    "rediss://h?ssl_check_hostname=true&ssl_cert_reqs=none": {
        "tls": {"ssl_cert_reqs": "none", "ssl_check_hostname": False}},
    "redis://h?ssl_check_hostname=false": {"tls": None},
    "redis://h?cluster=false": {"tls": None},
    "unix:///run/redis.sock": {"path": "/run/redis.sock", "db": 0, "user": None, "password": None, "tls": None},
    "unix:///run/redis.sock?virtual_host=3": {"db": 3},
    "redis+unix:///run/a%20b.sock": {"path": "/run/a b.sock"},
    "redis+sentinel://s1/mymaster": {"hosts": (("s1", 26379),), "master": "mymaster", "db": 0, "tls": None},
    "rediss-sentinel://s1/m": {"master": "m", "tls": CHECKED},
    "valkey+sentinel://s1/2?sentinel_master=m": {"master": "m", "db": 2},
    "sentinel://s1?sentinelMasterId=m": {"master": "m"},
    "sentinel://s1?mymaster=m": {"master": "m"},
    "redis://s1?master_name=m": {"master": "m", "hosts": (("s1", 26379),)},
    "redis+sentinel://s1/m?sentinel_password=sp": {"sentinel": {"password": "sp"}},
    '"redis://h/1"': {"db": 1},
    "valkey-cli -u redis://h/1": {"db": 1},
}  # fmt: skip

REFUSED = {
    "": "wants a Redis or Valkey address",
    "http://h": "wants a Redis or Valkey address",
    "h:6379": "wants a Redis or Valkey address",
    "'redis://h": "wants a Redis or Valkey address",
    "redis://:hun/ter2@h": "has a password with one of",
    "redis://:hun#ter2@h": "has a password with one of",
    "redis://:hun?ter2@h": "has a password with one of",
    "redis://:hunter2@h:port": "a port that is not a number",
    "redis://:hunter2@h/x": "a database that is not a number",
    "redis://:hunter2@h/0/1": "a path with several parts",
    "redis://:hunter2@h\n": None,
    "redis://:hunter2@h\nx": "control character",
    "redis://:hunter2@::1": "an IPv6 address goes in brackets",
    "redis://:hunter2@a,b": "cluster",
    "redis+cluster://:hunter2@a": "cluster",
    "redis://:hunter2@h?cluster=true": "cluster",
    "redis+sentinel://:hunter2@s1": "not the master that they watch",
    "redis+sentinel://:hunter2@s1/0": "not the master that they watch",
    "redis://:hunter2@h?ssl_ca_certs=/x": "write rediss:// for redis://",
    "redis://:hunter2@h?ssl=hunter2": "use rediss:// for TLS",
    "rediss://:hunter2@h?ssl_cert_reqs=hunter2": "one of required, optional, none",
    "rediss://:hunter2@h?rejectUnauthorized=hunter2": "neither true nor false",
    "unix:///s?ssl=true": "TLS for a Unix socket",
    "redis://:hunter2@h?zz=1": "the parameter zz",
    "redis://:hunter2@h?a b=1": "not name=value",
    "redis://:hunter2@h:0": "a port that is not a number",
    "redis://:hunter2@h:65536": "a port that is not a number",
    "redis://:hunter2@h:100000": "a port that is not a number",
    "redis://:hunter2@[::1]:0": "a port that is not a number",
    "redis://:hunter2@h:²": "a port that is not a number",
    "redis://:hunter2@h/100000": "a database that is not a number",
    "redis://:hunter2@h/²": "a database that is not a number",
    "redis://:hunter2@h?db=x": "a database that is not a number",
    "redis+sentinel://:hunter2@s1/m/0/1": "a path with several parts",
    "redis+sentinel://:hunter2@s1/0/m?master_name=m": "a path with several parts",
    "redis+sentinel://:hunter2@s1?db=0": "not the master that they watch",
    "redis://:hunter2@h?ssl_cert_reqs=none": "write rediss:// for redis://",
    "redis://:hunter2@h?rejectUnauthorized=false": "write rediss:// for redis://",
    "redis://:hunter2@h?tls=2": "use rediss:// for TLS",
    "rediss://:hunter2@h?ssl_check_hostname=2": "neither true nor false",
    "unix:///s?tls=true": "TLS for a Unix socket",
    "unix:///s?zz=1": "the parameter zz",
    "redis://u:hunter2@h?username=v": "the parameter username",
    "redis://u:hunter2@h?password=q": "the parameter password",
    "redis://:hunter2@h?username=u&user=v": "the parameter user,",
    "redis://:hunter2@h?zz=1&aa=1": "the parameter aa",
    "redis+cluster://:hunter2@a,b": "cluster",
}


@pytest.mark.parametrize("url", READ)
def test_it_is_read_as_it_is_meant_and_the_library_takes_it(url: str) -> None:
    address = read_redis_url(url)
    assert {name: getattr(address, name) for name in READ[url]} == READ[url]
    if not (address.tls or {}).get("ssl_ca_certs"):
        open_connections(address, retries=0).make_connection()
    assert SECRET not in repr(RedisAddress(password=SECRET))


@pytest.mark.parametrize("url", REFUSED)
def test_what_cannot_be_used_is_refused_in_a_sentence_without_the_password(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    why = REFUSED[url]
    if why is None:
        assert read_redis_url(url).password == SECRET, "white space at its end is nobody's password"
        return
    with pytest.raises(RedisAddressError) as refusal:
        read_redis_url(url)
    assert why in str(refusal.value)
    assert SECRET not in str(refusal.value)
    if url:
        monkeypatch.setenv("REDIS_URL", url)
        with pytest.raises(SettingsError, match=r"^REDIS_URL (wants|has|names) ") as told:
            settings()
        assert SECRET not in str(told.value)


@given(st.text(st.characters(blacklist_categories=["Cs"]), max_size=60))
def test_whatever_is_typed_there_is_an_address_or_a_sentence(text: str) -> None:
    with contextlib.suppress(RedisAddressError):
        read_redis_url(f"redis://{text}")


@pytest.mark.parametrize(
    "names",
    [
        "socket_timeout socket_connect_timeout socket_keepalive retry_on_timeout health_check_interval max_connections",
        "timeout decode_responses encoding encoding_errors client_name protocol connectTimeout connect_timeout",
        "pool_size keepAlive family lib_name maxRetriesPerRequest connection_timeout read_timeout retry_on_error",
        "abortConnect min_tls_version ssl_min_version",
    ],
)
def test_parameters_that_nothing_depends_on_are_passed_over(names: str) -> None:
    for name in names.split():
        assert read_redis_url(f"redis://h?{name}=1") == read_redis_url("redis://h")


def test_every_scheme_is_one_server_with_or_without_tls_sentinels_a_socket_or_refused() -> None:
    for scheme in ("redis", "valkey"):
        assert read_redis_url(f"{scheme}://h").tls is None
    for scheme in ("rediss", "valkeys", "redis+tls"):
        assert read_redis_url(f"{scheme}://h").tls == CHECKED
    for scheme in ("redis-sentinel", "redis+sentinel", "valkey+sentinel", "sentinel"):
        assert (read_redis_url(f"{scheme}://h/m").master, read_redis_url(f"{scheme}://h/m").tls) == ("m", None)
    for scheme in ("rediss-sentinel", "rediss+sentinel"):
        assert (read_redis_url(f"{scheme}://h/m").master, read_redis_url(f"{scheme}://h/m").tls) == ("m", CHECKED)
    for scheme in ("unix", "redis+unix", "redis+socket"):
        assert read_redis_url(f"{scheme}:///s") == RedisAddress(path="/s")
    for scheme in ("redis-cluster", "redis+cluster", "rediss+cluster"):
        with pytest.raises(RedisAddressError, match="cluster"):
            read_redis_url(f"{scheme}://h")


def test_every_file_of_a_certificate_and_every_word_for_its_check_reaches_the_library() -> None:
    files = "ssl_ca_certs ssl_certfile ssl_keyfile ssl_ca_path ssl_keyfile_password ssl_password"
    for name in files.split():
        assert read_redis_url(f"rediss://h?{name}=/x").tls == {name: "/x", **CHECKED}
    checks = {"none": "none cert_none 0 false", "optional": "optional cert_optional",
              "required": "required cert_required 1 2 true"}  # fmt: skip
    for check, words in checks.items():
        for word in words.split():
            assert (read_redis_url(f"rediss://h?ssl_cert_reqs={word}").tls or {})["ssl_cert_reqs"] == check


def test_every_word_for_yes_and_no_is_read_in_any_case() -> None:
    for yes, no in (("true", "false"), ("1", "0"), ("yes", "no"), ("on", "off"), ("TRUE", "FALSE")):
        assert read_redis_url(f"redis://h?ssl={yes}").tls == CHECKED
        assert read_redis_url(f"redis://h?ssl={no}").tls is None
        assert read_redis_url(f"rediss://h?rejectUnauthorized={yes}").tls == CHECKED
        assert (read_redis_url(f"rediss://h?ssl_check_hostname={no}").tls or {})["ssl_check_hostname"] is False
        with pytest.raises(RedisAddressError, match="cluster"):
            read_redis_url(f"redis://h?cluster={yes}")


def test_the_login_of_the_sentinels_is_never_shown() -> None:
    assert SECRET not in repr(RedisAddress(sentinel={"password": SECRET}))


def test_an_address_that_says_nothing_is_of_no_server() -> None:
    assert RedisAddress() == RedisAddress(
        hosts=(), path=None, user=None, password=None, db=0, tls=None, master=None, sentinel={}
    )
