"""`neverdark settings`: every setting, from the classes that read them, as a page of Markdown."""

from collections.abc import Iterable
from importlib import import_module
from typing import Any

from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from bots.registry import PLATFORMS
from core.domain.requests.tiers import TierName
from core.providers.registry import ENTRIES
from core.settings import Group, Settings, key_variables, last_resort_variable, patience_variable, route_prefix
from core.trace_settings import TraceSettings
from web.oidc_settings import OidcSettings

HEAD = """# Settings

Every setting that this version reads, as the code has it: `neverdark settings` prints this page. Settings come from the
environment, and from the file `.env` beside it (`NEVERDARK_ENV_FILE` names another); an empty value counts as not set,
and a wrong one stops the start with one sentence. What each is for is told [below](#the-example-explained).

What the managers of a workspace set in chat is told on the page about rules, with
[each of their panels as a picture](rules.md#the-panels-as-pictures).
"""
FOOT = """
## The example, explained

```ini
--8<-- ".env.example"
```
"""


def markdown() -> str:
    """The whole page."""
    routes = import_module("core.settings")._RouteVariables  # noqa: SLF001 - the only place that lists what a route has
    parts = [
        HEAD,
        "\n## The service\n\n",
        _table(_rows(Settings)),
        "\n## The operators' console\n\n",
        _table(_rows(OidcSettings)),
        "\n## Traces\n\n",
        _table(_rows(TraceSettings)),
        *(f"\n## {platform.label}\n\n{_table(_rows(platform.settings))}" for platform in PLATFORMS.values()),
        "\n## Tiers\n\n",
        _table(_tiers()),
        "\n## Routes\n\nEach route has these behind its prefix; a route without a key is not used.\n\n",
        _table((name.replace("`", "`…_", 1), default, wants) for name, default, wants in _rows(routes)),
        "\n| route | prefix | its key | model by default |\n| --- | --- | --- | --- |\n",
        *(
            f"| {entry.key} | `{route_prefix(entry.key)}` | `{key_variables(entry.key)[0]}`"
            f"{f', else that of {entry.shares}' if entry.shares else ''} | {entry.defaults.model} |\n"
            for entry in ENTRIES
        ),
        FOOT,
    ]
    return "".join(parts)


def _rows(group: type[Group]) -> Iterable[tuple[str, ...]]:
    for name, field in group.model_fields.items():
        yield f"`{name.upper()}`", _default(field.default), str(field.description or "")


def _tiers() -> Iterable[tuple[str, ...]]:
    for tier in TierName:
        yield f"`{last_resort_variable(tier)}`", "–", "a provider beyond the tier's own chain"
        yield f"`{patience_variable(tier)}`", "by tier", "a whole number of seconds, 0 or more"


def _table(rows: Iterable[tuple[str, ...]]) -> str:
    lines = "".join(f"| {name} | {default} | {wants} |\n" for name, default, wants in rows)
    return f"| setting | default | wants |\n| --- | --- | --- |\n{lines}"


def _default(value: Any) -> str:
    match value:
        case None | SecretStr():
            return "–"
        case _ if value is PydanticUndefined:
            return "–"
        case bool():
            return str(value).lower()
        case _:
            return f"`{value}`"
