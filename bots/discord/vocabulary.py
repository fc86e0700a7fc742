"""Discord's words where they differ from other platforms: a server, and options that have names."""

from core.domain.chat.vocabulary import Vocabulary
from core.replies.languages.say import later

WORDS = Vocabulary(
    place=later("server"),
    sharing=later("Links and gallery"),
    commands={"/settings rules": "/settings show:rules", "/credits export": "/settings show:export"},
)
