"""The operator's settings, read once from the environment or `.env`.

A wrong value stops the start with one sentence: the variable's name and the values that it takes. The settings of a
chat platform are in `bots/<platform>/settings.py`; the defaults of a route's model and address are in its provider's
module, and only their overrides are here.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from dotenv import dotenv_values
from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from core import setting_kinds
from core.db.database_url import AddressError
from core.domain.ids import ProviderName, RouteKey
from core.domain.requests.tiers import TIERS, TierName
from core.redis_url import RedisAddressError

ENV_FILE = Path(os.environ.get("NEVERDARK_ENV_FILE") or ".env")

_SECRETS = ("KEY", "TOKEN", "SECRET", "PASSWORD", "CREDENTIALS", "DATABASE_URL", "REDIS_URL", "OWNER_URL", "HEADERS")
"""Endings of names of variables whose values must never be logged."""

SettingsT = TypeVar("SettingsT", bound=BaseSettings)


class SettingsError(Exception):
    """A setting has an invalid value; the text is one sentence for the operator."""


class Group(BaseSettings):
    """Settings that are read together. A field's description names its values, and ends the sentence of an error."""

    model_config = SettingsConfigDict(
        env_file=ENV_FILE, env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True
    )


def read(group: type[SettingsT], **how: Any) -> SettingsT:
    """Read a group of settings.

    Raises:
        SettingsError: naming the first variable that is wrong, and what it wants.
    """
    try:
        return group(**how)
    except ValidationError as error:
        prefix = str(how.get("_env_prefix", group.model_config.get("env_prefix", "")))
        raise SettingsError(_sentence(group, prefix, error)) from None


def _sentence(group: type[BaseSettings], prefix: str, error: ValidationError) -> str:
    first = error.errors(include_input=False)[0]
    name = str(first["loc"][0])
    field = group.model_fields.get(name)
    if isinstance(why := first.get("ctx", {}).get("error"), AddressError | RedisAddressError):
        return f"{(prefix + name).upper()} {why}."
    wants = (field.description if field else None) or first["msg"]
    missing = first["type"] == "missing"
    return f"{(prefix + name).upper()} {'is not set; it ' if missing else ''}wants {wants}."


def environment() -> dict[str, str]:
    """All variables: those of the environment, and those of `.env` for the rest. Empty values are left out."""
    file = {name: value for name, value in dotenv_values(ENV_FILE).items() if value}
    return {**file, **{name: value for name, value in os.environ.items() if value}}


class _RouteVariables(Group):
    """The variables that every route has, behind its prefix."""

    api_key: SecretStr | None = Field(None, description="the vendor's key")
    key: SecretStr | None = Field(None, description="the vendor's key")
    base_url: Annotated[str, setting_kinds.an_address("http", "https")] | None = Field(
        None, description="an http(s) address"
    )
    model: str | None = Field(None, description="a model id of the vendor")
    max_in_flight: int | None = Field(None, ge=1, description="a whole number of at least 1")
    submits_per_min: int | None = Field(None, ge=1, description="a whole number of at least 1")
    timeout_max_s: float | None = Field(None, gt=0, le=3600, description="seconds, above 0 and up to 3600")
    usd_per_day: float | None = Field(None, ge=0, allow_inf_nan=False, description="an amount of US dollars, 0 or more")
    allow_private: bool = Field(False, description="true or false")


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteOverrides:
    """What overrides the built-in values of one route: `VEO_VERTEX_API_KEY`, `WAN_DASHSCOPE_BASE_URL` and so on.

    Args:
        timeout_max_s: real seconds that one attempt may take at most; None is the adapter's limit.
        usd_per_day: US dollars that its attempts may cost in a day (UTC); None is no limit.
        allow_private: whether results may be at private addresses, as the sandbox's are.
        extra: settings that only this vendor has, such as Vertex' `PROJECT`: by the variable's name in lower case
        without the route's prefix. Its adapter reads them.
    """

    api_key: SecretStr | None = None
    base_url: str | None = None
    model: str | None = None
    max_in_flight: int | None = None
    submits_per_min: int | None = None
    timeout_max_s: float | None = None
    usd_per_day: float | None = None
    allow_private: bool = False
    extra: Mapping[str, str] = field(default_factory=dict, repr=False)


class Settings(Group):
    """Everything but the chat platforms' settings."""

    database_url: Annotated[SecretStr, AfterValidator(setting_kinds.database_url)] | None = Field(
        None, description="a Postgres address such as postgresql://user:password@host/database"
    )
    database_owner_url: Annotated[SecretStr, AfterValidator(setting_kinds.database_url)] | None = Field(
        None, description="the Postgres address of whoever may change the schema"
    )
    redis_url: Annotated[SecretStr, AfterValidator(setting_kinds.redis_url)] | None = Field(
        None, description="a Redis or Valkey address such as redis://host:6379/0"
    )
    neverdark_home: Path = Field(Path(".state"), description="a folder")
    neverdark_port: int = Field(8700, ge=1, le=65535, description="a port number from 1 to 65535")
    public_url: Annotated[str, setting_kinds.an_address("http", "https")] | None = Field(
        None, description="a public http(s) address"
    )
    storage_url: Annotated[str, setting_kinds.an_address("file", "s3", "gs", "az", "azure", "http", "https")] | None = (
        Field(None, description="file:///a/folder, s3://bucket/path, gs://bucket/path or az://container/path")
    )
    web_host: str = Field("127.0.0.1", description="the address of an interface, such as 127.0.0.1 or 0.0.0.0")
    web_port: int | None = Field(None, ge=1, le=65535, description="a port number from 1 to 65535")
    metrics_host: str = Field("127.0.0.1", description="the address of an interface, such as 127.0.0.1 or 0.0.0.0")
    metrics_port: int = Field(0, ge=0, le=65535, description="a port number, or 0 for any free one")
    metrics_token: SecretStr | None = Field(None, min_length=8, description="a secret of at least 8 characters")
    operator_token: SecretStr | None = Field(None, min_length=16, description="a secret of at least 16 characters")
    link_secret: SecretStr | None = Field(None, min_length=16, description="a secret of at least 16 characters")
    button_secret: Annotated[SecretStr, AfterValidator(setting_kinds.secrets_of_16)] | None = Field(
        None, description="a secret of at least 16 characters, or several with spaces between them, the newest first"
    )
    link_days: int = Field(30, ge=1, le=3650, description="a number of days from 1 to 3650")
    topup_secret: SecretStr | None = Field(None, description="whsec_ and at least 16 bytes in base64")
    topup_url: Annotated[str, setting_kinds.an_address("http", "https")] | None = Field(
        None, description="an http(s) address"
    )
    time_scale: float = Field(1, ge=0.1, le=1000, description="a number from 0.1 to 1000")
    prompt_help_url: Annotated[str, setting_kinds.an_address("http", "https")] | None = Field(
        None, description="the http(s) address of an OpenAI-compatible endpoint, such as https://host/v1"
    )
    prompt_help_model: str = Field("gpt-4o-mini", description="the name of a model of that endpoint")
    prompt_help_key: SecretStr | None = Field(None, description="that endpoint's key")
    prompt_help_timeout_s: float = Field(8, gt=0, le=20, description="a number of seconds, above 0 and up to 20")
    free_credits: int = Field(500, ge=0, description="a whole number of credits, 0 or more")
    credits_per_usd: int = Field(150, ge=1, description="a whole number of at least 1")
    delivery_window_s: int = Field(900, ge=10, description="a number of seconds, at least 10")
    start_by_s: int = Field(1800, ge=10, description="a number of seconds, at least 10")
    approve_by_s: int = Field(86_400, ge=10, description="a number of seconds, at least 10")
    open_per_person: int = Field(3, ge=1, le=1000, description="a whole number from 1 to 1000")
    keep_days: int = Field(90, ge=1, le=36_500, description="a number of days from 1 to 36500")
    log_format: Literal["console", "json"] = Field("console", description="console or json")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="DEBUG, INFO, WARNING or ERROR")

    @property
    def storage(self) -> str:
        """The address of the storage; without STORAGE_URL a folder in the state folder."""
        return self.storage_url or f"file://{self.neverdark_home.expanduser().absolute() / 'clips'}"

    @property
    def owner_url(self) -> str | None:
        """The database's address with the role that may change the schema."""
        url = self.database_owner_url or self.database_url
        return url.get_secret_value() if url is not None else None

    @property
    def button_secrets(self) -> tuple[str, ...]:
        """The secrets that sign buttons and forms, the newest first; empty where a platform's token is used."""
        if self.button_secret is not None:
            return tuple(self.button_secret.get_secret_value().split())
        return (self.link_secret.get_secret_value(),) if self.link_secret is not None else ()

    @property
    def web_listens_at(self) -> int:
        """The port of the `web` process: ten above the page's unless WEB_PORT says otherwise."""
        return self.web_port or min(65535, self.neverdark_port + 10)

    @property
    def address(self) -> str:
        """The public address of this installation."""
        return (self.public_url or f"http://127.0.0.1:{self.neverdark_port}").rstrip("/")

    @cached_property
    def last_resort(self) -> dict[TierName, ProviderName]:
        """The provider that a tier may fall back to beyond its chain, if the operator named one: LAST_RESORT_PRO=wan.

        Raises:
            SettingsError: no tier has such a provider.
        """
        known = {provider for tier in TIERS.values() for provider in tier.chain}
        values = environment()
        chosen = {}
        for tier in TierName:
            name = last_resort_variable(tier)
            if name in values:
                if values[name] not in known:
                    raise SettingsError(f"{name} wants one of {', '.join(sorted(known))}.")
                chosen[tier] = ProviderName(values[name])
        return chosen

    @cached_property
    def patience(self) -> dict[TierName, float]:
        """How long a tier waits for a better provider's turn, where the operator has said so: PATIENCE_ULTRA_S=300.

        Raises:
            SettingsError: not a number of seconds.
        """
        values = environment()
        chosen = {}
        for tier in TierName:
            if (text := values.get(name := patience_variable(tier))) is None:
                continue
            if not text.isdecimal():
                raise SettingsError(f"{name} wants a whole number of seconds, 0 or more.")
            chosen[tier] = float(text)
        return chosen

    def secrets(self) -> tuple[str, ...]:
        """Values that must never be logged."""
        return tuple(value for name, value in environment().items() if name.upper().endswith(_SECRETS))


def settings() -> Settings:
    """Read all settings, so that any wrong value stops the start.

    Raises:
        SettingsError: naming the variable, and what it wants.
    """
    found = read(Settings)
    _ = found.last_resort, found.patience
    return found


def last_resort_variable(tier: TierName) -> str:
    return f"LAST_RESORT_{tier.upper()}"


def patience_variable(tier: TierName) -> str:
    return f"PATIENCE_{tier.upper()}_S"


def route_prefix(route: RouteKey) -> str:
    """What the variables of a route begin with: `veo.vertex` → `VEO_VERTEX_`."""
    return route.upper().replace(".", "_") + "_"


def key_variables(route: RouteKey) -> tuple[str, str]:
    """The two names of a route's key: KLING_API_KEY, and by the general rule KLING_API_API_KEY."""
    return f"{route_prefix(route)}KEY", f"{route_prefix(route)}API_KEY"


def route_overrides(routes: Iterable[RouteKey]) -> dict[RouteKey, RouteOverrides]:
    """The overrides of each route; a route without any has an empty entry.

    Raises:
        SettingsError: naming the variable, and what it wants.
    """
    values = environment()
    overrides = {}
    for route in routes:
        prefix = route_prefix(route)
        known = read(_RouteVariables, _env_prefix=prefix)
        overrides[route] = RouteOverrides(
            api_key=known.api_key or known.key,
            base_url=known.base_url,
            model=known.model,
            max_in_flight=known.max_in_flight,
            submits_per_min=known.submits_per_min,
            timeout_max_s=known.timeout_max_s,
            usd_per_day=known.usd_per_day,
            allow_private=known.allow_private,
            extra={
                key: value
                for name, value in values.items()
                if name.startswith(prefix)
                and (key := name.removeprefix(prefix).lower()) not in _RouteVariables.model_fields
            },
        )
    return overrides
