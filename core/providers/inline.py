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

    def _hold(self, data: bytes) -> bytes:
        """Keeps the data for the next chunk. Nothing is left of this one."""
        self._held = data
        return b""

    def _keep(self, data: bytes) -> None:
        self.document += data
        if len(self.document) > self.document_max:
            raise Garbled(f"more than {self.document_max} bytes besides the video")

    def _scan(self, data: bytes) -> bytes:
        """Outside a video: look for the key, a colon and the opening quote; hold back bytes that may begin them."""
        at = data.find(KEY)
        if at < 0:
            begun = len(data) - max(n for n in range(len(KEY)) if data.endswith(KEY[:n]))
            self._keep(data[:begun])
            return self._hold(data[begun:])
        end = at + len(KEY)
        gap = data[end : end + _BLANKS_MAX]
        value = gap.lstrip(b" \t\r\n:")
        if not value and len(gap) < _BLANKS_MAX:
            self._keep(data[:at])
            return self._hold(data[at:])
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
        text, quote, rest = data.partition(b'"')
        escape = left = b""
        if not quote and (slash := text.rfind(b"\\", -5)) >= 0:
            text, escape = text[:slash], text[slash:]
        text = text.replace(rb"\u003d", b"=").replace(rb"\/", b"/")
        if not quote:
            whole = len(text) // 4 * 4
            text, left = text[:whole], text[whole:]
        if self._videos == 1:
            try:
                video += base64.b64decode(text, validate=True)
            except binascii.Error as error:
                raise Garbled("not base64") from error
        if not quote:
            return self._hold(left + escape)
        self._inside = False
        return quote + rest
