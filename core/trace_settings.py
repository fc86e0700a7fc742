"""Whether and where spans are sent, by the names that OpenTelemetry gives these settings everywhere."""

from typing import Annotated
from urllib.parse import unquote

from pydantic import Field, SecretStr

from core import setting_kinds
from core.settings import Group, read


class TraceSettings(Group):
    """What of OpenTelemetry's settings we read ourselves; its SDK reads the others, which are not in `.env`."""

    otel_exporter_otlp_endpoint: Annotated[str, setting_kinds.an_address("http", "https")] | None = Field(
        None, description="the http(s) address of an OpenTelemetry collector, such as http://host:4318"
    )
    otel_exporter_otlp_headers: SecretStr | None = Field(None, description="name=value, with commas between several")
    otel_traces_sampler_arg: float = Field(1, ge=0, le=1, description="a number from 0 to 1")

    @property
    def headers(self) -> dict[str, str]:
        """What is sent along, as OpenTelemetry writes it: name=value, with commas between several."""
        told = self.otel_exporter_otlp_headers
        pairs = (pair.partition("=") for pair in told.get_secret_value().split(",")) if told is not None else ()
        return {unquote(name.strip()).lower(): unquote(value.strip()) for name, _, value in pairs if name.strip()}


def trace_settings() -> TraceSettings:
    """Read them.

    Raises:
        SettingsError: naming the variable, and what it wants.
    """
    return read(TraceSettings)
