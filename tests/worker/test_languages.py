"""What a worker says about a generation is in the language of the place, and directly in that of the person."""

from pathlib import Path

from core.replies.chat.card import plain
from tests.worker.sim import world


async def test_the_messages_of_a_german_server_are_german(database: str, tmp_path: Path, clip: Path) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        await sim.ask()
        await sim.admin.execute("UPDATE generations SET locale = 'en-US', place_locale = 'de'")
        await sim.run()
        said = {m.title: plain(m.card) for messages in sim.chat.threads.values() for m in messages}
    assert "Dein Video ist fertig" in said
    assert "KI-generiert" in said["Dein Video ist fertig"]
    assert "Fertig · Veo" in said["a fox"]


async def test_what_comes_to_a_person_directly_is_in_their_own_language(
    database: str, tmp_path: Path, clip: Path
) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        sim.chat.trouble = "gone"
        await sim.ask()
        await sim.admin.execute("UPDATE generations SET locale = 'de-DE', place_locale = 'en-US'")
        await sim.run()
        (direct,) = sim.chat.threads["@ana"]
    assert direct.title == "Dein Video ist fertig"
    assert "direkt zu dir" in plain(direct.card)


async def test_a_row_of_before_is_english(database: str, tmp_path: Path, clip: Path) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        await sim.ask()
        await sim.run()
        titles = [m.title for messages in sim.chat.threads.values() for m in messages]
    assert "Your video is ready" in titles
