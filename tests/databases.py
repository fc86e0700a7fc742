"""The addresses of a test's database: as the product has it, and for a fixture that does what the product may not."""

import os
from urllib.parse import urlsplit, urlunsplit

APP = "neverdark_app"
APP_PASSWORD = "of-the-product"


def as_the_product(dsn: str) -> str:
    """An administrator's address as the product has it: another role's, who may do no more than it needs."""
    parts = urlsplit(dsn)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{APP}:{APP_PASSWORD}@{place}"))


def as_an_administrator(dsn: str) -> str:
    """The way back."""
    parts = urlsplit(dsn)
    login = urlsplit(os.environ.get("DATABASE_URL") or "postgresql://postgres@/").netloc.rpartition("@")[0]
    return urlunsplit(parts._replace(netloc=f"{login}@{parts.netloc.rpartition('@')[2]}"))
