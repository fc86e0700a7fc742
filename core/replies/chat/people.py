"""Names people in a card: the reader's own platform draws them where it can."""

from core.domain.chat.principal import Principal
from core.domain.credits.history import People
from core.domain.ids import MemberId
from core.replies.chat.card import Person, Word
from core.replies.languages.say import say


def named(member: MemberId | None, people: People, *, reader: Principal) -> Word:
    """A member. People of the reader's workspace are drawn by name; others as their platform and our number."""
    name = people.get(member) if member is not None else None
    if name is None or name.user_id is None:
        return say("somebody who left") if member is not None else say("nobody in particular")
    if (name.platform, name.installation) == (reader.platform, reader.installation):
        return Person(name.user_id)
    return say("{capitalize} member {member}", capitalize=name.platform.capitalize(), member=member)
