"""The checks of settings that are addresses or secrets, at and around each bound."""

import pytest
from pydantic import SecretStr

from core import setting_kinds
from core.db.database_url import AddressError
from core.redis_url import RedisAddressError

WEB = setting_kinds.an_address("http", "https").func


@pytest.mark.parametrize("value", ["http://a", "https://a.example/x", SecretStr("https://a")])
def test_an_address_with_one_of_the_schemes_stays_as_it_is(value: str | SecretStr) -> None:
    assert WEB(value) is value  # type: ignore[call-arg]  # a validator of one argument


@pytest.mark.parametrize("value", ["", "http", "http:", "http://", "https:/a", "ftp://a", "HTTP://a", "://a"])
def test_all_else_is_no_such_address(value: str) -> None:
    for given in (value, SecretStr(value)):
        with pytest.raises(ValueError, match=r"^not such an address$"):
            WEB(given)  # type: ignore[call-arg]  # as above


@pytest.mark.parametrize(
    ("value", "passes"),
    [
        ("a" * 16, True), ("a" * 15, False), ("a" * 17, True), (f"{'a' * 16} {'b' * 16}", True),
        (f"{'a' * 16} {'b' * 15}", False), (f"{'a' * 15} {'b' * 16}", False), ("", True),
    ],
)  # fmt: skip
def test_no_secret_is_shorter_than_16_characters(*, value: str, passes: bool) -> None:
    secret = SecretStr(value)
    if passes:
        assert setting_kinds.secrets_of_16(secret) is secret
        return
    with pytest.raises(ValueError, match=r"^too short$"):
        setting_kinds.secrets_of_16(secret)


def test_addresses_of_the_database_and_of_redis_are_read_and_stay_as_they_are() -> None:
    database, redis = SecretStr("postgresql://u:p@h/d"), SecretStr("redis://h")
    assert setting_kinds.database_url(database) is database
    assert setting_kinds.redis_url(redis) is redis
    with pytest.raises(AddressError):
        setting_kinds.database_url(redis)
    with pytest.raises(RedisAddressError):
        setting_kinds.redis_url(database)
