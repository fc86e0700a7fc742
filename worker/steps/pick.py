"""Says which of several takes was chosen, with links to the others, once."""

from core.db.errors import statement
from core.db.generations import clip_links, takes
from core.domain.chat.pacing import ChatCall
from core.replies.generations.takes import picked
from worker.steps.posting import Post, give_up, hand_back, post_once, said, wait_s


async def say_pick(post: Post) -> None:
    """Try once to post the message."""
    generation = post.view.generation
    if generation.thread is None or generation.take_of is None:
        await give_up(post)
        return
    if (in_s := await wait_s(post, ChatCall.POST)) > 0:
        await hand_back(post, in_s=in_s)
        return
    card = picked(generation, await _links(post))
    message = await post_once(post, generation.thread, card)
    await said(post, message, thread=generation.thread)


async def _links(post: Post) -> list[tuple[int, str]]:
    """By number, where the other takes can be watched; none where links are off."""
    generation, addresses = post.view.generation, post.ctx.addresses
    found: list[tuple[int, str]] = []
    if addresses is None or generation.take_of is None:
        return found
    async with statement(post.ctx.pool) as conn:
        for each in await takes.of(conn, generation.take_of):
            if each.id == generation.id or each.clip is None or each.hidden_at is not None:
                continue
            link = await clip_links.ensure(conn, each.id, days=post.ctx.link_days)
            if link is not None:
                found.append((each.take + 1, addresses.watch(link.id, until=link.expires_at)))
    return found
