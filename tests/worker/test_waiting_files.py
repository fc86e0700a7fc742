"""What is known of files that wait: of one path alone, and only while its files are there."""

from pathlib import Path

from core.domain.clip_facts import ClipFacts
from worker.waiting_files import ReadyClip, WaitingFiles

FACTS = ClipFacts(width=64, height=36, duration_s=8.0, size=1, codec="h264", has_audio=False)


def clip(file: Path) -> ReadyClip:
    return ReadyClip(file=file, facts=FACTS, still=None)


class Interrupted(type(Path())):  # type: ignore[misc]  # the path of this system
    """A file at whose mention another video comes: looks are made in threads, beside one another."""

    files: WaitingFiles

    def exists(self, **how: object) -> bool:
        self.files._ready.setdefault(self.with_name("another"), clip(Path(__file__)))
        return True


def test_a_look_is_not_disturbed_by_another_video_that_comes(tmp_path: Path) -> None:
    files = WaitingFiles()
    Interrupted.files = files
    known = clip(Interrupted(tmp_path / "one"))
    files.remember(tmp_path / "one", known)
    assert files.ready(tmp_path / "one") is known
    assert files.ready(tmp_path / "another") is not None


def test_what_is_known_of_a_file_that_is_gone_is_forgotten(tmp_path: Path) -> None:
    files, file = WaitingFiles(), tmp_path / "one.mp4"
    file.touch()
    files.remember(file, clip(file))
    assert files.ready(file) == clip(file)
    file.unlink()
    assert files.ready(file) is None
    files.remember(tmp_path / "other", clip(Path(__file__)))
    assert files._ready.keys() == {tmp_path / "other"}
