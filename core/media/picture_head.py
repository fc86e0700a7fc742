"""Reads the header of a picture file without a decoder."""

_HEIF = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_AVIF = frozenset({b"avif", b"avis"})


def kind_of(head: bytes) -> str | None:
    """Pillow's name of the decoder; None for a format that is not on the list."""
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[4:8] == b"ftyp":
        brands = {head[8:12], *(head[at : at + 4] for at in range(16, min(len(head), _length(head)), 4))}
        if brands & _AVIF:
            return "AVIF"
        if brands & _HEIF:
            return "HEIF"
    return None


def webp_size(head: bytes) -> tuple[int, int]:
    """Width and height of a WebP.

    Raises:
        ValueError: the file has no picture.
    """
    kind = head[12:16]
    if kind == b"VP8X" and len(head) >= 30:
        return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
    if kind == b"VP8L" and len(head) >= 25 and head[20] == 0x2F:
        bits = int.from_bytes(head[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 " and len(head) >= 30 and head[23:26] == b"\x9d\x01\x2a":
        return int.from_bytes(head[26:28], "little") & 0x3FFF, int.from_bytes(head[28:30], "little") & 0x3FFF
    raise ValueError("a WebP without a picture")


def _length(head: bytes) -> int:
    return int.from_bytes(head[:4], "big")
