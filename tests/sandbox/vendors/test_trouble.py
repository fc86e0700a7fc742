"""Each kind of trouble, in each vendor's own words."""

import asyncio

import httpx
import pytest

from sandbox.vendors import asked
from sandbox.vendors.task_store import Refusal
from sandbox.world import FaultKind
from tests.sandbox.vendors.driver import Driver
from tests.sandbox.vendors.drivers import AGGREGATORS, DRIVERS, SUCCESSORS
from tests.sandbox.vendors.harness import Rig

every_driver = pytest.mark.parametrize("driver", [*DRIVERS, *AGGREGATORS])

RATE_LIMITED = {"RESOURCE_EXHAUSTED", 1302, "ModelAccountRpmRateLimitExceeded", 1002, "Throttling.RateQuota", 429}
GONE = {"NOT_FOUND", 1203, "InvalidEndpointOrModel.NotFound", 2061, "ModelNotFound", 404}
REFUSED = {"INVALID_ARGUMENT", 1301, "InputTextSensitiveContentDetected", 1026, "DataInspectionFailed"}
BROKEN = {"INTERNAL", 5000, "InternalServiceError", 1033, "InternalError", 500}
ACCEPTED = "accepted"


def code(client: Driver, response: httpx.Response) -> object:
    """The vendor's error, or that there was none."""
    try:
        return client.error(response) or ACCEPTED
    except KeyError:
        return ACCEPTED


@every_driver
async def test_down_answers_everything_with_503(rig: Rig, driver: type[Driver]) -> None:
    client = driver(rig)
    task = await client.start()
    rig.world.switch(client.vendor, FaultKind.DOWN)
    assert (await client.submit()).status_code == 503
    assert (await client.ask(task)).status_code == 503
    rig.world.calm()
    assert (await client.finish(task)).state == "succeeded"


@every_driver
async def test_errors_hit_the_given_share_of_requests(rig: Rig, driver: type[Driver]) -> None:
    client = driver(rig)
    rig.world.switch(client.vendor, FaultKind.ERRORS, rate=0.5)
    codes = {code(client, await client.submit()) for _ in range(20)}
    assert ACCEPTED in codes
    assert (codes - {ACCEPTED}) in ({error} for error in BROKEN)
    submits = asked(rig.vendors)[client.vendor]["submits"]
    assert 0 < submits < 20


@every_driver
async def test_slow_renders_take_four_times_as_long(rig: Rig, driver: type[Driver]) -> None:
    client = driver(rig)
    rig.world.dice.seed(7)
    await client.start()
    rig.world.switch(client.vendor, FaultKind.SLOW)
    rig.world.dice.seed(7)
    await client.start()
    quick, slow = (
        task.times for task in reversed(rig.vendors.stores[client.vendor].newest(within_s=60, host=client.host))
    )
    assert slow.finishes_at - slow.created > 2 * (quick.finishes_at - quick.created)


@every_driver
async def test_rate_limited_refuses_creates_and_no_polls(rig: Rig, driver: type[Driver]) -> None:
    client = driver(rig)
    task = await client.start()
    rig.world.switch(client.vendor, FaultKind.RATE_LIMITED)
    assert client.error(await client.submit()) in RATE_LIMITED
    assert (await client.finish(task)).state == "succeeded"
    assert asked(rig.vendors)[client.vendor]["submits"] == 2


@every_driver
async def test_gone_retires_the_model_and_spares_its_successor(rig: Rig, driver: type[Driver]) -> None:
    client = driver(rig)
    rig.world.switch(client.vendor, FaultKind.GONE)
    expected = {ACCEPTED} if driver in SUCCESSORS else GONE
    assert code(client, await client.submit()) in expected


@every_driver
@pytest.mark.parametrize("when", Refusal)
async def test_content_is_refused_at_submit_or_in_the_run(rig: Rig, driver: type[Driver], when: Refusal) -> None:
    client = driver(rig)
    rig.world.switch(client.vendor, FaultKind.REFUSED)
    store = rig.vendors.stores[client.vendor]
    prompt = next(text for text in (f"fox {n}" for n in range(100)) if store.refusal(text) is when)
    response = await client.submit(prompt)
    if when is Refusal.AT_SUBMIT and driver not in AGGREGATORS:  # these refuse in the run only
        assert client.error(response) in REFUSED
        assert not asked(rig.vendors)[client.vendor]["tasks"]
    else:
        assert (await client.finish(client.task_id(response))).state == "refused"


@every_driver
async def test_a_lost_reply_is_a_broken_connection_and_a_task_that_works(rig: Rig, driver: type[Driver]) -> None:
    client = driver(rig)
    rig.world.switch(client.vendor, FaultKind.LOST_REPLY)
    with pytest.raises(httpx.TransportError):
        await client.submit("lost but not gone")
    (task,) = asked(rig.vendors)[client.vendor]["tasks"]
    assert task["prompt"] == "lost but not gone"
    store = rig.vendors.stores[client.vendor]
    await rig.settled(lambda: store.asked()["tasks"][0]["state"] == "succeeded")


@every_driver
async def test_a_refused_create_is_never_a_lost_reply(rig: Rig, driver: type[Driver]) -> None:
    client = driver(rig, "poor-key")
    rig.world.switch(client.vendor, FaultKind.LOST_REPLY)
    assert (await client.submit()).status_code in {200, 400, 402, 403, 429}


@every_driver
async def test_a_hanging_task_never_ends(rig: Rig, driver: type[Driver]) -> None:
    client = driver(rig)
    rig.world.switch(client.vendor, FaultKind.HANG)
    task = await client.start()
    await asyncio.sleep(0.3)  # ten times what such a task takes here
    assert (await client.poll(task)).state == "waiting"


@every_driver
async def test_a_task_can_fail_in_its_run(rig: Rig, driver: type[Driver]) -> None:
    client = driver(rig)
    rig.world.switch(client.vendor, FaultKind.FAIL_IN_RUN)
    assert (await client.finish(await client.start())).state == "failed"


@every_driver
async def test_trouble_of_one_vendor_is_not_another_ones(rig: Rig, driver: type[Driver]) -> None:
    client = driver(rig)
    for vendor in rig.vendors.stores:
        if vendor != client.vendor:
            rig.world.switch(vendor, FaultKind.DOWN)
    assert (await client.finish(await client.start())).state == "succeeded"


@pytest.mark.parametrize(("driver", "form"), [(DRIVERS[0], "seconds"), (DRIVERS[3], "date"), (DRIVERS[-1], "seconds")])
async def test_a_throttled_caller_is_told_when_to_come_back(rig: Rig, driver: type[Driver], form: str) -> None:
    client = driver(rig)
    rig.world.switch(client.vendor, FaultKind.RATE_LIMITED)
    after = (await client.submit()).headers["retry-after"]
    assert after.isdecimal() if form == "seconds" else after.endswith("GMT")
