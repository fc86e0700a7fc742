"""The compiled validator finds right what the Python library finds right."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator, Draft202012Validator

from tests.sandbox.compiled import Compiled


def _of(type_: Any, **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"type": type_, **more}, "required": list(more)}


DEFINITIONS = {
    "Button": _of({"const": "button"}, label={"type": "string"}),
    "Link": _of({"const": "button"}, url={"type": "string"}),
    "Row": _of({"type": "integer", "enum": [1, 2]}, parts={"type": "array", "items": {"$ref": "#/definitions/Part"}}),
    "Loose": _of({"type": "string"}, loose={"type": "boolean"}),
    "Again": {"$ref": "#/definitions/Row"},
    "Part": {"anyOf": [{"$ref": f"#/definitions/{name}"} for name in ("Button", "Link", "Loose", "Again")]},
    "One": {"oneOf": [{"$ref": f"#/definitions/{name}"} for name in ("Button", "Link", "Row")]},
}
SIMPLE = st.fixed_dictionaries(
    {}, optional={
        "type": st.sampled_from(["button", "row", 1, 2, 3, True, None, 1.0]), "label": st.sampled_from(["a", 1]),
        "url": st.sampled_from(["b", None]), "loose": st.sampled_from([True, "no"]),
    },
)  # fmt: skip
VALUES = st.recursive(SIMPLE, lambda inner: st.fixed_dictionaries({"type": st.just(1), "parts": st.lists(inner)}))


@pytest.mark.parametrize(("draft", "library"), [(7, Draft7Validator), (202012, Draft202012Validator)])
@pytest.mark.parametrize("name", ["Part", "One"])
@given(value=VALUES | st.integers())
def test_what_is_right_is_what_the_library_says(draft: int, library: Callable[..., Any], name: str, value: Any) -> None:
    document = {"definitions": DEFINITIONS}
    compiled = Compiled(document, draft=draft)
    schema = {"$ref": f"#/definitions/{name}", **document}
    assert compiled.is_right(value, f"/definitions/{name}") == library(schema).is_valid(value)
