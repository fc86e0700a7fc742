"""The output of `up`: its own sentences, and the lines of its processes, each after the process's name."""

import sys
from typing import TextIO

from core.log import coloured

_COLOURS = (36, 33, 32, 35, 34, 96, 93)
_NAME_WIDTH = 8


class Output:
    """Writes whole lines; in colour at a terminal, unless NO_COLOR is set."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self.coloured = coloured(self._stream)
        self._colour_of: dict[str, int] = {}

    def say(self, sentence: str = "") -> None:
        self._write(sentence)

    def line(self, name: str, line: str) -> None:
        """One line of a process."""
        self._write(f"{self._prefix(name)} {line}")

    def note(self, name: str, what: str) -> None:
        """A sentence of `up` about a process."""
        self._write(f"{self._prefix(name)} {self._paint(f'— {what}', 2)}")

    def _prefix(self, name: str) -> str:
        colour = self._colour_of.setdefault(name, _COLOURS[len(self._colour_of) % len(_COLOURS)])
        return self._paint(f"{name:<{_NAME_WIDTH}} │", colour)

    def _paint(self, text: str, colour: int) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self.coloured else text

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            pass  # the reader of our output is gone, which is no reason to stop
