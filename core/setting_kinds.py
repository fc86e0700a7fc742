"""The kinds of values that settings have, and their checks."""

from pydantic import AfterValidator, SecretStr

from core.db.database_url import read_database_url
from core.redis_url import read_redis_url


def an_address(*schemes: str) -> AfterValidator:
    """An address with one of these schemes."""

    def check(value: SecretStr | str) -> SecretStr | str:
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        if text.partition("://")[0] not in schemes or not text.partition("://")[2]:
            raise ValueError("not such an address")
        return value

    return AfterValidator(check)


def secrets_of_16(value: SecretStr) -> SecretStr:
    """One secret or several, none shorter than 16 characters."""
    if any(len(secret) < 16 for secret in value.get_secret_value().split()):
        raise ValueError("too short")
    return value


def database_url(value: SecretStr) -> SecretStr:
    """An address of Postgres."""
    read_database_url(value.get_secret_value())
    return value


def redis_url(value: SecretStr) -> SecretStr:
    """An address of Redis."""
    read_redis_url(value.get_secret_value())
    return value
