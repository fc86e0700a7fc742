"""What can be set about a platform besides its errors: each switch has a name, and says what it does."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.wire import BadInput

Value = bool | float | str | list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """One of them.

    Args:
        says: what it does, for people.
        get, put: how it stands, and how it is changed.
        choices: what a word, or each word of a list, may be.
        most: the largest number.
    """

    name: str
    says: str
    get: Callable[[], Value]
    put: Callable[[Any], None]
    choices: Callable[[], tuple[str, ...]] = tuple
    most: float = 3600.0

    def turn(self, value: object) -> None:
        """Set it.

        Raises:
            BadInput: it cannot be set to this.
        """
        self.put(self._legal(value))

    def _legal(self, value: object) -> Value:
        match self.get():
            case bool():
                if isinstance(value, bool):
                    return value
                raise BadInput(f"{self.name} must be true or false.")
            case float():
                if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= self.most:
                    return float(value)
                raise BadInput(f"{self.name} must be a number from 0 to {self.most:g}.")
            case str():
                if isinstance(value, str) and value in self.choices():
                    return value
                raise BadInput(f"{self.name} must be one of {', '.join(self.choices())}.")
            case _:
                legal = self.choices()
                if isinstance(value, list) and all(isinstance(word, str) and word in legal for word in value):
                    return value
                raise BadInput(f"{self.name} must be a list of any of {', '.join(legal)}.")

    def json(self) -> dict[str, Any]:
        """As the API and the page have it."""
        return {"name": self.name, "says": self.says, "value": self.get(), "choices": list(self.choices())}
