"""Small checks that Block Kit's rules are written with: each yields what is wrong, in Slack's words, and where."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Check = Callable[[Any, str], Iterator[str]]
Rule = Callable[[dict[str, Any]], str]
"""A rule over a whole object: what is wrong with it, or an empty string."""


def at(problem: str, path: str) -> str:
    """A problem and the place it is in."""
    return f"{problem} [json-pointer:{path}]"


def string(high: int, *, low: int = 0) -> Check:
    """A string of `low` to `high` characters."""

    def check(value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield at("must be a string", path)
        elif len(value) < low:
            yield at(f"must be more than {low - 1} characters", path)
        elif len(value) > high:
            yield at(f"must be less than {high + 1} characters", path)

    return check


def web_address(high: int) -> Check:
    """An http(s) URL of at most `high` characters."""

    def check(value: Any, path: str) -> Iterator[str]:
        yield from string(high, low=1)(value, path)
        if isinstance(value, str) and not value.startswith(("https://", "http://")):
            yield at("must be a valid URL", path)

    return check


def flag(value: Any, path: str) -> Iterator[str]:
    """True or false."""
    if not isinstance(value, bool):
        yield at("must be a boolean", path)


def number(low: float, high: float) -> Check:
    """A number from `low` to `high`."""

    def check(value: Any, path: str) -> Iterator[str]:
        if isinstance(value, bool) or not isinstance(value, int | float):
            yield at("must be a number", path)
        elif not low <= value <= high:
            yield at(f"must be between {low:g} and {high:g}", path)

    return check


def choice(*allowed: str) -> Check:
    """One of a few words."""

    def check(value: Any, path: str) -> Iterator[str]:
        if value not in allowed:
            yield at(f"must be one of: {', '.join(allowed)}", path)

    return check


def listing(item: Check, *, low: int = 0, high: int) -> Check:
    """A list of `low` to `high` items."""

    def check(value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield at("must be an array", path)
            return
        if len(value) < low:
            yield at(f"no less than {low} items allowed" if low > 1 else "must provide at least 1 item", path)
        if len(value) > high:
            yield at(f"no more than {high} items allowed", path)
        for n, entry in enumerate(value):
            yield from item(entry, f"{path}/{n}")

    return check


def anything(_value: Any, _path: str) -> Iterator[str]:
    """What the stand-in takes on trust."""
    yield from ()


def record(
    required: Mapping[str, Check], optional: Mapping[str, Check] | None = None, rule: Rule | None = None
) -> Check:
    """An object with these fields and no others."""
    fields = {**required, **(optional or {})}

    def check(value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield at("must be an object", path)
            return
        for name in required:
            if value.get(name) is None:
                yield at(f"missing required field: {name}", path)
        for name, entry in value.items():
            if name not in fields and name != "type":
                yield at(f"invalid additional property: {name}", path)
            elif name in fields and entry is not None:
                yield from fields[name](entry, f"{path}/{name}")
        if rule is not None and (problem := rule(value)):
            yield at(problem, path)

    return check


def typed(kinds: Mapping[str, Check]) -> Check:
    """An object whose `type` says which of several it is."""

    def check(value: Any, path: str) -> Iterator[str]:
        kind = value.get("type") if isinstance(value, dict) else None
        if kind is None:
            yield at("missing required field: type" if isinstance(value, dict) else "must be an object", path)
        elif not isinstance(kind, str) or kind not in kinds:
            yield at(f"unsupported type: {kind}", path)
        else:
            yield from kinds[kind](value, path)

    return check


def text(high: int, *kinds: str, low: int = 1) -> Check:
    """A text object of `kinds` (both, if none is named) with `low` to `high` characters."""
    content = string(high, low=low)
    plain = record({"text": content}, {"emoji": flag})
    marked = record({"text": content}, {"verbatim": flag})
    found = {"plain_text": plain, "mrkdwn": marked}
    return typed({kind: found[kind] for kind in kinds or tuple(found)})
