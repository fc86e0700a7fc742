"""What a schema can see of a request or an answer: many differ in ids, times and words alone."""

import json
import re
from typing import Any

LONG_NUMBER = re.compile(r"\d{4,}")
TEXTS = frozenset(
    {
        "content",
        "description",
        "title",
        "label",
        "text",
        "custom_id",
        "placeholder",
        "value",
        "token",
        "private_metadata",
    }
)
"""Fields that may say anything: of their values a schema sees the length."""


def shape_of(*values: Any) -> str:
    """Values of one shape are legal or wrong together."""
    return LONG_NUMBER.sub("0", json.dumps([_shape(value) for value in values], default=str))


def _shape(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _shape(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [_shape(each, name) for each in value]
    # Digit by digit: a length of four digits is no long number.
    return list(str(len(value))) if isinstance(value, str) and name in TEXTS else value
