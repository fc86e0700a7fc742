// How a platform's window is laid out: channels at the side, messages, an input, and a thread beside or above them.

import { h, icon } from "./dom.js";
import { stickToNewest, toNewest } from "./scroll.js";
import { avatar, timeline } from "./timeline.js";

const HOME = "Neverdark Sandbox";
const EXAMPLES = {
  "/video": ["/video a red fox in the snow", "/video help"],
  "/credits": ["/credits"],
  "/providers": ["/providers"],
};

/** Draw a pane. */
export function paneView(pane) {
  if (!pane.data) return h("div.connecting", {}, "Connecting…");
  const root = pane.root(pane.thread);
  return h("div.room", { class: root ? "has-thread" : "" }, rail(pane), main(pane), root && threadPanel(pane, root));
}

function rail(pane) {
  const { skin, apart } = pane;
  const channels = pane.channels.filter((channel) => !apart.includes(channel));
  const entry = (channel) => h("li", { key: channel }, channelButton(pane, channel));
  return h(
    "nav.rail",
    { key: "rail", "aria-label": `${skin.label} channels` },
    h("div.home", {}, HOME),
    h("ul", {}, channels.map(entry)),
    apart.length > 0 && h("div.apart", {}, "Apps"),
    apart.length > 0 && h("ul", {}, apart.map(entry), skin.shortcuts?.(pane)),
  );
}

function channelButton(pane, channel) {
  const here = channel === pane.channel;
  const unread = !here && pane.unread.has(channel);
  return h(
    "button",
    {
      type: "button",
      class: unread ? "unread" : "",
      "aria-current": here ? "true" : null,
      onclick: () => pane.goTo(channel),
    },
    sign(pane, channel),
    h("span", {}, channelName(pane, channel)),
    unread && h("span.hidden", {}, "unread"),
  );
}

/** A direct message with the bot is called after the bot; a place of the platform's own, as that says. */
function channelName({ skin }, channel) {
  return skin.ownPlaces?.[channel]?.name ?? (channel.startsWith("@") ? "Neverdark" : channel);
}

function sign({ skin }, channel) {
  const own = skin.ownPlaces?.[channel];
  if (own) return h("span.sign", {}, icon(own.sign));
  if (channel.startsWith("@")) return avatar({ bot: true }, "tiny");
  return h("span.sign", { "aria-hidden": "true" }, "#");
}

function main(pane) {
  const label = `Messages in ${pane.place}`;
  const head = h("header.head", {}, place(pane), speakers(pane));
  const tabs = pane.skin.tabs?.(pane);
  const top = tabs ? h("div.top", { key: "top" }, head, tabs) : head;
  const own = pane.skin.own?.(pane);
  if (own) return h("div.main", { key: "main" }, top, own);
  return h(
    "div.main",
    { key: "main" },
    top,
    scroller(`channel-${pane.channel}`, label, [welcome(pane), list(pane, pane.list(pane.roots, null), false)]),
    foot(pane, pane.composer),
  );
}

/** The channel's name; where the list of channels has no room, it opens one. */
function place(pane) {
  const goTo = ({ target }) => pane.goTo(target.value);
  return h(
    "div.place",
    {},
    sign(pane, pane.channel),
    h("h2", {}, channelName(pane, pane.channel)),
    icon("down"),
    h(
      "select",
      { "aria-label": "Channel", value: pane.channel, onchange: goTo },
      pane.channels.map((each) => h("option", { value: each }, channelName(pane, each))),
    ),
  );
}

function speakers(pane) {
  const person = ({ name, admin }) =>
    h(
      "label",
      { key: name, title: admin ? `Speak as ${name} (admin)` : `Speak as ${name}` },
      h("input", {
        type: "radio",
        name: `${pane.skin.name}-speaker`,
        value: name,
        checked: name === pane.user.name,
        onchange: () => pane.speakAs(name),
      }),
      avatar({ user: name, bot: false }, "small"),
      h("span.who", {}, name, admin && h("small", {}, "admin")),
    );
  return h(
    "div.speakers",
    { role: "radiogroup", "aria-label": `Who speaks on ${pane.skin.label}` },
    pane.data.people.map(person),
  );
}

function scroller(key, label, children) {
  return h(
    "div.scroller",
    { key },
    h(
      "div.list",
      { tabindex: "0", role: "region", "aria-label": label, ref: stickToNewest },
      h("div.flow", {}, children),
    ),
    h(
      "button.newest",
      { type: "button", onclick: ({ currentTarget }) => toNewest(currentTarget.previousSibling) },
      icon("down"),
      "Newest",
    ),
  );
}

function list(pane, messages, inThread) {
  const { room, skin } = pane;
  return timeline(messages, {
    groupS: skin.groupS,
    days: !inThread || skin.daysInThreads,
    drawMessage: (message, { compact }) => drawMessage(skin, message, room, { compact, inThread }),
  });
}

/** A message in a shape that nobody foresaw is shown as text, and takes no other message down. */
function drawMessage(skin, message, room, place) {
  try {
    return skin.message(message, room, place);
  } catch (error) {
    console.error(error);
    return h(
      "article.message",
      { key: message.id, "data-id": message.id },
      h("div.gutter"),
      h("div.content.lines", {}, message.text),
    );
  }
}

function welcome(pane) {
  const hello = pane.skin.hello?.(pane);
  if (hello) return hello;
  const examples = pane.data.commands.flatMap(({ command }) => EXAMPLES[command] ?? []);
  return h(
    "div.welcome",
    { key: "welcome" },
    pane.skin.welcome(pane.place),
    examples.length > 0 && pane.roots.length === 0 && first(pane),
    examples.length
      ? h(
          "div.examples",
          {},
          h("span", {}, "Try"),
          examples.map((text) => example(pane, text)),
        )
      : h("p.quiet", {}, "No bot is here yet. What it can do shows up as soon as it connects."),
  );
}

/** What an empty page is for. */
function first(pane) {
  const make = () => pane.say({ text: "/video a red fox in the snow" });
  return h("button.first", { key: "first", type: "button", onclick: make }, "Make your first video");
}

function example(pane, text) {
  return h("button", { key: text, type: "button", onclick: () => pane.composer.fill(text) }, text);
}

function threadPanel(pane, root) {
  const { skin } = pane;
  const count = root.thread.length;
  const leave = "Close the thread";
  return h(
    "aside.thread",
    { key: "thread", "aria-label": "Thread" },
    h(
      "header.head",
      {},
      h(
        "div.place",
        {},
        h("span.sign", {}, icon("reply")),
        h("h2", {}, skin.threadTitle?.(pane, root) ?? skin.threadName(root)),
        h("small", {}, pane.place),
      ),
      h(
        "button.leave",
        { type: "button", title: leave, "aria-label": leave, onclick: () => pane.closeThread() },
        icon("close"),
      ),
    ),
    scroller(`thread-${root.id}`, "Messages in the thread", [
      drawMessage(skin, root, pane.room, { compact: false, inThread: true }),
      h("div.replies", { key: "replies" }, h("span", {}, count === 1 ? "1 reply" : `${count} replies`)),
      list(pane, pane.list(root.thread, root.id), true),
    ]),
    foot(pane, pane.threadComposer),
  );
}

function foot(pane, composer) {
  return h(
    "div.foot",
    { key: "foot" },
    pane.notice && h("div.notice", { key: "notice", role: "alert" }, pane.notice),
    composer === pane.threadComposer && pane.skin.atWork?.(pane),
    composer.node,
    h("div.busy", { key: "busy", class: pane.busy > 0 ? "on" : "", "aria-hidden": "true" }),
  );
}
