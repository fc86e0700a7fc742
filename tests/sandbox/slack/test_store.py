"""The workspace's memory: timestamps that never repeat, and a bound on everything."""

from hypothesis import given
from hypothesis import strategies as st

from sandbox.slack import GENERAL
from sandbox.slack.store import WHISPERS_MAX, Message, Store


def _say(
    store: Store, *, thread: str | None = None, files: list[str] | None = None, only_for: str | None = None
) -> Message:
    message = Message(
        ts=store.mint(),
        channel=GENERAL.id,
        user="U0ANA",
        text="x",
        thread_ts=thread,
        files=files or [],
        only_for=only_for,
    )
    return store.add(message)


@given(st.lists(st.floats(min_value=1.7e9, max_value=1.8e9), min_size=2, max_size=50))
def test_timestamps_never_repeat_nor_go_back_whatever_the_clock_does(times: list[float]) -> None:
    clock = iter(times)
    store = Store(clock=lambda: next(clock))
    minted = [store.mint() for _ in times]
    assert minted == sorted(set(minted))


def test_a_restarted_workspace_uses_new_timestamps() -> None:
    first = Store()
    last = [first.mint() for _ in range(5)][-1]
    assert Store().mint() > last


def test_the_oldest_message_is_dropped_with_its_thread_and_its_files() -> None:
    dropped: list[str] = []
    store = Store(messages_max=4, on_drop=dropped.extend)
    old = _say(store, files=["F1"])
    reply = _say(store, thread=old.ts, files=["F2"])
    kept = [_say(store) for _ in range(3)]
    assert dropped == ["F1", "F2"]
    assert [message.ts for message in store.channels[GENERAL.id].roots()] == [message.ts for message in kept]
    assert store.find(GENERAL.id, reply.ts) is None


def test_ephemeral_messages_are_bounded_too() -> None:
    store = Store()
    first = _say(store, only_for="U0ANA")
    for _ in range(WHISPERS_MAX):
        _say(store, only_for="U0ANA")
    assert len(store.whispers) == WHISPERS_MAX
    assert store.find(GENERAL.id, first.ts) is None
