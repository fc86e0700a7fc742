"""The settings of tracing, with OpenTelemetry's standard names."""

from typing import Annotated
from urllib.parse import unquote

from pydantic import Field, SecretStr

from core import setting_kinds
from core.settings import Group, read


class TraceSettings(Group):
    """The settings of OpenTelemetry that we read; its SDK reads the others, which must not be in `.env`."""

    otel_exporter_otlp_endpoint: Annotated[str, setting_kinds.an_address("http", "https")] | None = Field(
        None, description="the http(s) address of an OpenTelemetry collector, such as http://host:4318"
    )
    otel_exporter_otlp_headers: SecretStr | None = Field(None, description="name=value, with commas between several")
    otel_traces_sampler_arg: float = Field(1, ge=0, le=1, description="a number from 0 to 1")

    @property
    def headers(self) -> dict[str, str]:
        """The headers, as OpenTelemetry writes them: name=value, separated by commas."""
        told = self.otel_exporter_otlp_headers
        pairs = (pair.partition("=") for pair in told.get_secret_value().split(",")) if told is not None else ()
        return {unquote(name.strip()).lower(): unquote(value.strip()) for name, _, value in pairs if name.strip()}


def trace_settings() -> TraceSettings:
    """Read them.

    Raises:
        SettingsError: naming the variable, and what it wants.
    """
    return read(TraceSettings)
