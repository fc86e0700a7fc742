"""`neverdark providers check`: whether the vendors accept our keys, without starting a paid task."""

import asyncio
import time
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from core.domain.errors import ErrorClass, ProviderError
from core.ports import VideoRoute
from core.runtime import open_providers
from core.settings import key_variables
from neverdark.errors import CliError
from neverdark.operator.routes import the_routes
from neverdark.operator.tables import Column, Csv, Form, Json, chosen, say, show, state
from neverdark.running_config import configuration

TIMEOUT_S = 15.0
_DETAIL_MAX = 160
_SECRET_LEAST = 8

WORKS, FAILED, NO_KEY = "works", "failed", "no key"
_SAYS = {
    ErrorClass.AUTH: "the key was refused",
    ErrorClass.QUOTA_EXHAUSTED: "the key is known, and the quota or balance there is used up",
    ErrorClass.RATE_LIMITED: "too many requests just now: ask again in a minute",
    ErrorClass.MODEL_GONE: "the model is not there",
    ErrorClass.TIMEOUT: "no answer in time",
}

COLUMNS = (
    Column(title="route", key="route"),
    Column(title="answer", key="verdict", cell=state),
    Column(title="ms", key="took_ms", is_number=True),
    Column(title="what was found", key="says", is_whole=False),
)


def check(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[ROUTE]...", help="Routes, or providers; else all that have a key.")
    ] = None,
    *,
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """Ask the vendors whether they take our keys, all at once. No paid task is started."""
    form = chosen(as_json=as_json, as_csv=as_csv)
    with configuration() as read:
        rows = asyncio.run(_asked(names or []))
        for row in rows:
            row["says"] = _without(read.secrets(), row["says"])
    if not rows:
        raise CliError("No route has a key here, so there is nothing to check: .env.example says what to set.")
    show(rows, COLUMNS, form=form, empty="")
    if form is Form.TABLE:
        say("[dim]Whether there is enough money at a vendor only a paid task can tell.[/]")
    if any(row["verdict"] != WORKS for row in rows):
        raise typer.Exit(1)


async def _asked(names: list[str]) -> list[dict[str, Any]]:
    """One row for each named route, or for each route that has a key."""
    known = open_providers()
    try:
        wanted = [known.routes[key] for key in the_routes(known, names)]
        if not names:
            wanted = [route for route in wanted if route.facts.configured]
        return list(await asyncio.gather(*(_ask(route) for route in wanted)))
    finally:
        await known.aclose()


async def _ask(route: VideoRoute) -> dict[str, Any]:
    if not route.facts.configured:
        return _row(route, NO_KEY, None, f"set {key_variables(route.facts.key)[0]}")
    begun = time.monotonic()
    try:
        async with asyncio.timeout(TIMEOUT_S):
            await route.check()
    except ProviderError as error:
        verdict, says = FAILED, refusal(error)
    except TimeoutError:
        verdict, says = FAILED, f"no answer in {TIMEOUT_S:g} s"
    else:
        verdict, says = WORKS, route.facts.check_lacks or "the key was let in to read our tasks"
    return _row(route, verdict, round((time.monotonic() - begun) * 1000), says)


def refusal(error: ProviderError, *, secrets: Sequence[str] = ()) -> str:
    """The vendor's message, shortened, and without `secrets`."""
    what = _SAYS.get(error.error_class, "it did not answer as it should")
    code = f" ({error.vendor_code})" if error.vendor_code else ""
    detail = f": {error.detail[:_DETAIL_MAX]}" if error.detail else ""
    return _without(secrets, f"{what}{code}{detail}")


def _without(secrets: Sequence[str], text: str) -> str:
    """The text without secrets: a vendor may quote the key that it refuses."""
    for secret in secrets:
        if len(secret) >= _SECRET_LEAST:
            text = text.replace(secret, "…")
    return text


def _row(route: VideoRoute, verdict: str, took_ms: int | None, says: str) -> dict[str, Any]:
    return {"route": route.facts.key, "verdict": verdict, "took_ms": took_ms, "says": says}
