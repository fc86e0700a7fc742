"""Pictures as people send them, and the storage of the tests' services."""

from base64 import b64encode
from io import BytesIO
from pathlib import Path

from PIL import Image


def png(size: tuple[int, int] = (600, 400), colour: str = "red") -> bytes:
    out = BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()


def data_uri(data: bytes, kind: str = "image/png") -> str:
    """A file as a data URI."""
    return f"data:{kind};base64,{b64encode(data).decode()}"


def kept(home: Path) -> list[str]:
    """The keys of all pictures in the storage."""
    folder = home / "clips" / "pictures"
    return sorted(f"pictures/{file.name}" for file in folder.iterdir()) if folder.exists() else []
