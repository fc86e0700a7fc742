"""What is known of videos that wait in this process's folder for a storage that is away: none is looked at twice.

A look takes CPU, a mended file much more, and a storage may be away for hours.
"""

from dataclasses import dataclass
from pathlib import Path

from core.domain.clip_facts import ClipFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyClip:
    """A video that is ready to be stored.

    Args:
        file: what is stored: the file that came, or the one that was made of it.
        still: its still; None where there is none.
    """

    file: Path
    facts: ClipFacts
    still: Path | None

    @property
    def files(self) -> set[Path]:
        return {self.file} if self.still is None else {self.file, self.still}

    @property
    def is_there(self) -> bool:
        return all(file.exists() for file in self.files)


class WaitingFiles:
    """By the path at which a video came."""

    def __init__(self) -> None:
        self._ready: dict[Path, ReadyClip] = {}

    def ready(self, path: Path) -> ReadyClip | None:
        """What is known of this video, if its files are still there."""
        clip = self._ready.get(path)
        return clip if clip is not None and clip.is_there else None

    def remember(self, path: Path, clip: ReadyClip) -> None:
        """Note it, and forget those whose files somebody has taken away."""
        for known, other in list(self._ready.items()):
            if not other.is_there:
                self.forget(known)
        self._ready[path] = clip

    def forget(self, path: Path) -> None:
        self._ready.pop(path, None)
