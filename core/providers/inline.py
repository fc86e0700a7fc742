"""Extracts videos from JSON answers: Vertex sends them as base64 when no bucket is configured.

A sieve takes the first video out of the stream, so that neither a poll nor a download holds a video in memory. What
remains is a small document with an empty string in the place of each video.
"""

import base64
import binascii
from dataclasses import dataclass, field

KEY = b'"bytesBase64Encoded"'
_BLANKS_MAX = 64


class Garbled(Exception):
    """The string is not base64, or the document around it is too large."""


@dataclass(slots=True)
class Sieve:
    """Splits a JSON stream into the document and the first video.

    Args:
        document_max: bytes of the document at most.
    """

    document_max: int
    document: bytearray = field(default_factory=bytearray)
    _held: bytes = b""
    _inside: bool = False
    _videos: int = 0

    def feed(self, chunk: bytes) -> bytes:
        """The bytes of the first video that this chunk completes.

        Raises:
            Garbled: this is no such answer.
        """
        data, self._held = self._held + chunk, b""
        video = bytearray()
        while data:
            data = self._take(data, video) if self._inside else self._scan(data)
        return bytes(video)

    def close(self) -> None:
        """The stream has ended: add the bytes that were held back to the document."""
        if self._inside:
            raise Garbled("the answer ends inside a video")
        self._keep(self._held)
        self._held = b""

    def _keep(self, data: bytes) -> None:
        self.document += data
        if len(self.document) > self.document_max:
            raise Garbled(f"more than {self.document_max} bytes besides the video")

    def _scan(self, data: bytes) -> bytes:
        """Outside a video: look for the key, a colon and the opening quote; hold back bytes that may begin them."""
        at = data.find(KEY)
        if at < 0:
            tail = next((n for n in range(len(KEY) - 1, 0, -1) if data.endswith(KEY[:n])), 0)
            self._keep(data[: len(data) - tail])
            self._held = data[len(data) - tail :]
            return b""
        end = at + len(KEY)
        gap = data[end : end + _BLANKS_MAX]
        value = gap.lstrip(b" \t\r\n:")
        if not value and len(gap) < _BLANKS_MAX:
            self._keep(data[:at])
            self._held = data[at:]
            return b""
        opening = end + len(gap) - len(value)
        if not value.startswith(b'"'):
            self._keep(data[:opening])
            return data[opening:]
        self._keep(data[: opening + 1])
        self._inside = True
        self._videos += 1
        return data[opening + 1 :]

    def _take(self, data: bytes, video: bytearray) -> bytes:
        """Inside a video: decode whole groups of four, up to the closing quote."""
        end = data.find(b'"')
        text, tail = (data, b"") if end < 0 else (data[:end], b"")
        if end < 0 and (slash := text.rfind(b"\\", -5)) >= 0:
            text, tail = text[:slash], text[slash:]
        text = text.replace(rb"\u003d", b"=").replace(rb"\/", b"/")
        usable = len(text) - (len(text) % 4 if end < 0 else 0)
        if self._videos == 1:
            try:
                video += base64.b64decode(text[:usable], validate=True)
            except binascii.Error as error:
                raise Garbled("not base64") from error
        if end < 0:
            self._held = text[usable:] + tail
            return b""
        self._inside = False
        return data[end:]
