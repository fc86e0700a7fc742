"""Slack's words where they differ from other platforms."""

from core.domain.chat.vocabulary import Vocabulary
from core.replies.languages.say import later

WORDS = Vocabulary(place=later("workspace"), sharing=later("Public links"))
