"""A real, small video for the vendors of the simulated world."""

from pathlib import Path

import av
import pytest
from av.video.frame import VideoFrame
from PIL import Image


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight seconds of H.264, a few kB."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=2)
        stream.width, stream.height, stream.pix_fmt = 64, 36, "yuv420p"
        for shade in range(16):
            frame = VideoFrame.from_image(Image.new("RGB", (64, 36), (shade * 15, 40, 80)))
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path
