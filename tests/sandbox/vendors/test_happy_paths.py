"""Every way to reach a vendor makes a playable video, over real HTTP."""

import pytest

from sandbox.vendors import asked
from sandbox.world import VENDORS
from tests.sandbox.vendors.driver import Driver
from tests.sandbox.vendors.drivers import AGGREGATORS, DRIVERS
from tests.sandbox.vendors.harness import Rig, look


@pytest.mark.parametrize("driver", [*DRIVERS, *AGGREGATORS])
async def test_a_job_becomes_a_video_as_long_as_asked_for(rig: Rig, driver: type[Driver]) -> None:
    client = driver(rig)
    seen = await client.finish(await client.start("a red fox in the snow"))
    assert seen.state == "succeeded"
    video = look(await client.download(seen))
    assert (video.codec, video.seconds) == ("h264", pytest.approx(client.seconds, abs=0.1))
    assert video.pictures[0].tobytes() != video.pictures[-1].tobytes()


@pytest.mark.parametrize("driver", [*DRIVERS, *AGGREGATORS])
async def test_what_was_asked_is_counted_and_told(rig: Rig, driver: type[Driver]) -> None:
    client = driver(rig)
    await client.finish(await client.start("a red fox in the snow"))
    log = asked(rig.vendors)
    assert set(log) == set(VENDORS)
    mine = log[client.vendor]
    assert mine["submits"] == 1
    assert mine["polls"] >= 1
    (task,) = mine["tasks"]
    assert (task["state"], task["prompt"]) == ("succeeded", "a red fox in the snow")
    assert set(task) == {"id", "state", "prompt", "at"}
    assert all(log[other]["submits"] == 0 for other in log if other != client.vendor)
    told = await rig.settled(lambda: [n for n in rig.world.recent if n["type"] == "vendor" and n["event"] == "ended"])
    assert told[0]["vendor"] == client.vendor


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize("key", ["", "bad-key", "bad-region-key"])
async def test_a_wrong_key_makes_nothing(rig: Rig, driver: type[Driver], key: str) -> None:
    client = driver(rig, key)
    response = await client.submit()
    assert client.error(response) in {
        "UNAUTHENTICATED",
        "PERMISSION_DENIED",
        "INVALID_ARGUMENT",
        1000,
        1001,
        1002,
        1004,
        2049,
        "AuthenticationError",
        "InvalidApiKey",
    }
    assert asked(rig.vendors)[client.vendor] == {"submits": 0, "polls": 0, "tasks": []}


@pytest.mark.parametrize("driver", DRIVERS)
async def test_a_key_without_credit_makes_nothing(rig: Rig, driver: type[Driver]) -> None:
    client = driver(rig, "poor-key")
    response = await client.submit()
    assert client.error(response) in {"RESOURCE_EXHAUSTED", 1101, "AccountOverdueError", 1008, "Arrearage"}
    mine = asked(rig.vendors)[client.vendor]
    assert (mine["submits"], mine["tasks"]) == (1, [])
