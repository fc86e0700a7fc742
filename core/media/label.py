"""Writes into a video's file that AI made it: XMP in a box at the end of an MP4, by Adobe's XMP part 3.

The value is IPTC's `trainedAlgorithmicMedia`, which galleries and newsrooms read. It has no data of a person.
"""

from pathlib import Path
from uuid import UUID

from core.media.boxes import BOXES_MAX, shape

XMP = UUID("be7acfcb-97a9-42e8-9c71-999491e3afac")
_PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:CreatorTool="Neverdark"
 Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"/>
</rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>"""


def label(path: Path) -> bool:
    """Write the label at the end of the file. False: the file has it, or its format has no place for it.

    Raises:
        NotAVideo
    """
    if shape(path).container == "matroska":
        return False
    with path.open("r+b") as file:
        size = file.seek(0, 2)
        at = 0
        for _ in range(BOXES_MAX):
            if at >= size:
                break
            file.seek(at)
            head = file.read(32)
            length = int.from_bytes(head[:4], "big")
            if length == 1:
                length = int.from_bytes(head[8:16], "big")
            if length < 8 or (head[4:8] == b"uuid" and head[8:24] == XMP.bytes):
                return False  # a last box without a length reaches to the end of the file; or the label is there
            at += length
        if at != size:
            return False
        body = XMP.bytes + _PACKET.encode()
        file.seek(size)
        file.write((len(body) + 8).to_bytes(4, "big") + b"uuid" + body)
    return True
