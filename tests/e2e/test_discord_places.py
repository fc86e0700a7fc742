"""A command in every kind of channel that Discord has: its video comes there, over real sockets, and nowhere else."""

from itertools import cycle

import pytest

from sandbox.discord.fixtures import ALL_CHANNEL_IDS, PRIVATE_THREADS
from tests.e2e.conftest import Town
from tests.e2e.discord_town import Posts, ask, parent_of, post_of, turned
from tests.e2e.whispers import whispers

THREADS = {"general": "a text channel", "news": "an announcement channel", "random": "a channel in slow mode"}
BESIDE = {"lounge": "the text of a voice channel", "stage": "the text of a stage"}
POSTS = {"showcase": "a post of a forum", "clips": "a post of a media channel"}


def test_a_video_comes_wherever_it_was_asked_for(town: Town) -> None:
    """All at once: into threads of some channels, beside the command in others."""
    posts, people = Posts(town), cycle(("ana", "ben", "cleo", "dan"))
    with turned(town, slow_channels=["random"]):
        for channel, words in (THREADS | BESIDE).items():
            ask(town, f"/video a heron in {words} tier:draft", channel=channel, user=next(people))
        for channel, words in THREADS.items():
            assert parent_of(posts.video(f"a heron in {words}"), town) == channel
        for channel, words in BESIDE.items():
            assert posts.video(f"a heron in {words}").place == str(ALL_CHANNEL_IDS[channel])


@pytest.mark.exhaustive
def test_a_video_comes_into_the_post_and_the_private_thread_where_it_was_asked_for(town: Town) -> None:
    posts, (_, backroom) = Posts(town), PRIVATE_THREADS["backroom"]
    own = {channel: post_of(town, channel, f"what about {words}?") for channel, words in POSTS.items()}
    for user, (channel, thread) in zip(("ben", "cleo"), own.items(), strict=True):
        ask(town, f"/video a heron in {POSTS[channel]} tier:draft", channel=channel, thread=thread, user=user)
    ask(town, "/video a heron in a private thread tier:draft", channel="backroom", user="dan")
    for channel, words in POSTS.items():
        assert posts.video(f"a heron in {words}").place == own[channel]
    assert posts.video("a heron in a private thread").place == str(backroom)
    elsewhere = {each.place for each in posts.about("a heron in a private thread")} - {str(backroom), "answer"}
    assert elsewhere == set(), "what is asked for in a private thread stays there"


@pytest.mark.exhaustive
def test_in_a_private_thread_without_the_app_it_comes_as_the_answer_and_is_told_to_nobody_else(town: Town) -> None:
    posts, prompt = Posts(town), "a heron among strangers"
    with turned(town, without_bot=["backroom"]):
        ask(town, f"/video {prompt} tier:draft", channel="backroom")
        assert posts.video(prompt).place == "answer"
        assert {each.place for each in posts.about(prompt)} == {"answer"}


def test_an_age_restricted_channel_takes_videos_once_it_is_marked_and_veils_them(town: Town) -> None:
    posts, prompt = Posts(town), "a heron after dark"
    with turned(town, adult_channels=["video"]), whispers(town, "discord") as heard:
        try:
            marked = {"allowed": "", "denied": "", "adult": str(ALL_CHANNEL_IDS["video"])}
            assert "Changed" in heard.panel("Channels", marked)
            ask(town, f"/video {prompt} tier:draft", channel="video", user="ben")
            assert "SPOILER_" in posts.video(prompt).said
        finally:
            heard.panel("Channels", {"allowed": "", "denied": "", "adult": ""})
