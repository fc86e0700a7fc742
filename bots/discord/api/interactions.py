"""Begins the work on an interaction: its answers are in the person's language, and its lines in the log have its id."""

import discord

from bots.command_log import note_command
from bots.discord.vocabulary import WORDS
from core.replies.languages.say import speak
from core.replies.languages.vocabulary import use


def begin(interaction: discord.Interaction) -> None:
    """Call it first in the task of a command, a press or a form."""
    note_command(str(interaction.id))
    use(WORDS)
    speak(str(interaction.locale))
