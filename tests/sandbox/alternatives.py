"""JSON schemas of many alternatives, looked through quickly: most of them are out by the value's own `type`.

The answers are those of the library. An alternative that wants another `type` cannot be right, so it is not looked at;
where none is left, all of them are, and the library says what is wrong.
"""

from collections.abc import Iterator
from typing import Any

from jsonschema import validators
from jsonschema.exceptions import ValidationError
from jsonschema.protocols import Validator

KEYWORDS = ("anyOf", "oneOf")
REFERENCES_MAX = 10


def by_type(library: Any, document: dict[str, Any]) -> type[Validator]:
    """The library's validator for a document whose references all lead into itself."""
    alternatives = _Alternatives(document)

    def instead_of(keyword: str) -> Any:
        whole = library.VALIDATORS[keyword]

        def check(validator: Any, given: list[Any], value: Any, schema: Any) -> Iterator[ValidationError]:
            yield from whole(validator, alternatives.left(given, value), value, schema)

        return check

    made: type[Validator] = validators.extend(library, {keyword: instead_of(keyword) for keyword in KEYWORDS})
    return made


class _Alternatives:
    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._known: dict[int, tuple[list[Any], list[frozenset[Any] | None]]] = {}

    def left(self, given: list[Any], value: Any) -> list[Any]:
        """The alternatives that may be right for a value, or all where none may be."""
        if not isinstance(value, dict) or not isinstance(value.get("type"), str | int):
            return given
        if id(given) not in self._known:  # the list is kept beside, so that no other one gets its id
            self._known[id(given)] = given, [self._types(each) for each in given]
        types = self._known[id(given)][1]
        own = value["type"]
        return [each for each, may_be in zip(given, types, strict=True) if may_be is None or own in may_be] or given

    def _types(self, schema: Any) -> frozenset[Any] | None:
        """The values of `type` that an alternative takes; None: any."""
        for _ in range(REFERENCES_MAX):
            if not isinstance(schema, dict):
                return None
            if "$ref" not in schema:
                break
            schema = self._at(schema["$ref"])
        wanted = schema.get("properties", {}).get("type")
        if not isinstance(wanted, dict):
            return None
        if "const" in wanted:
            return frozenset([wanted["const"]])
        return frozenset(wanted["enum"]) if "enum" in wanted else None

    def _at(self, reference: str) -> Any:
        found: Any = self._document
        for step in reference.removeprefix("#/").split("/"):
            found = found.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(found, dict) else None
        return found
