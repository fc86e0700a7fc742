"""Whether a value is right by a part of a JSON schema, by a compiled validator: one in Python takes 100 times as long.

What is wrong with a value is the Python library's to say, which looks at those alone that are wrong here.
"""

from functools import cache
from typing import Any

from jsonschema_rs import Draft7, Draft7Validator, Draft202012, Draft202012Validator, Registry

URI = "urn:schema"


class Compiled:
    """The parts of a document, each compiled when it is first asked for."""

    def __init__(self, document: dict[str, Any], *, draft: int) -> None:
        """Drafts 7 and 2020-12 are known.

        Args:
            draft: the one that the document is written in; 7 or 202012.
        """
        self._validator, known = {7: (Draft7Validator, Draft7), 202012: (Draft202012Validator, Draft202012)}[draft]
        registry = Registry([(URI, document)], draft=known)
        self._part = cache(lambda pointer: self._validator({"$ref": f"{URI}#{pointer}"}, registry=registry))

    def is_right(self, value: Any, pointer: str) -> bool:
        """Whether a value is right by the part at this pointer."""
        found: bool = self._part(pointer).is_valid(value)
        return found
