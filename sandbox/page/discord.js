// How Discord shows a message: its frame, the command it answers, its files, the way into its thread.

import { h, icon } from "./dom.js";
import { cards } from "./discord-cards.js";
import { messageMenu } from "./discord-menu.js";
import { markdown } from "./markdown.js";
import { fileView } from "./media.js";
import { clockTime, dayAndTime, fullTime } from "./times.js";
import { avatar } from "./timeline.js";
import { isVeiledFile, veiled } from "./veil.js";

const FLAG = { ephemeral: 1 << 6, loading: 1 << 7 };
const NAME_LENGTH = 60;

export const discord = {
  name: "discord",
  label: "Discord",
  groupS: 420,
  message,
  threadName,
  placeholder: (place, inThread) => (inThread ? "Message this thread" : `Message ${place}`),
  daysInThreads: true,
  welcome: (place) => [h("h3", {}, `Welcome to ${place}!`), h("p", {}, `This is the start of ${place}.`)],
};

/** What the thread is called; where the stand-in does not say, how its root begins. */
function threadName(root) {
  const name = root.thread_name ?? root.text.split("\n").find(Boolean) ?? "Thread";
  return name.length > NAME_LENGTH ? `${name.slice(0, NAME_LENGTH - 1)}…` : name;
}

function message(said, room, { compact, inThread }) {
  return h(
    "article.message",
    { key: said.id, class: `${compact ? "compact" : ""} ${said.ephemeral ? "ephemeral" : ""}`, "data-id": said.id },
    said.interaction && used(said.interaction),
    h("div.gutter", {}, compact ? time(said, clockTime(said.at)) : avatar(said)),
    h(
      "div.content",
      {},
      !compact &&
        h(
          "header",
          {},
          h("b.name", {}, said.user),
          said.bot && h("span.app", {}, "APP"),
          time(said, dayAndTime(said.at)),
        ),
      words(said, room),
      plainFiles(said).map((file) => plainFile({ ...file, url: room.local(file.url) })),
      cards(said, room),
      said.ephemeral && onlyYou(said, room),
      !inThread && said.thread?.length > 0 && threadCard(said, room),
    ),
    !said.ephemeral && messageMenu(said, room),
  );
}

/** Whose slash command this message answers. */
function used({ user, command }) {
  return h(
    "div.used",
    {},
    icon("curve"),
    avatar({ user, bot: false }, "tiny"),
    h("b", {}, user),
    " used ",
    h("span.mention", {}, `/${command.replace("/", "")}`),
  );
}

function words(said, room) {
  if ((said.raw.flags ?? 0) & FLAG.loading) {
    return h(
      "div.thinking",
      {},
      h("span.dots", { "aria-hidden": "true" }, h("i"), h("i"), h("i")),
      `${said.user} is thinking…`,
    );
  }
  const { content } = said.raw;
  return content && h("div.text", {}, markdown(content, room.reader), said.edited && h("span.edited", {}, " (edited)"));
}

/** The files that neither an embed nor a component shows already. */
function plainFiles(said) {
  const shownElsewhere = JSON.stringify([said.raw.embeds ?? [], said.raw.components ?? []]);
  return (said.files ?? []).filter(
    ({ url, name }) =>
      !shownElsewhere.includes(JSON.stringify(url)) && !shownElsewhere.includes(`"attachment://${name}"`),
  );
}

function plainFile(file) {
  const drawn = fileView(file);
  return isVeiledFile(file) ? veiled(drawn, file.url) : drawn;
}

function time({ at }, words) {
  return h("time", { datetime: new Date(at * 1000).toISOString(), title: fullTime(at) }, words);
}

function onlyYou(said, room) {
  return h(
    "div.only-you",
    {},
    icon("eye"),
    "Only you can see this • ",
    h("button.link", { type: "button", onclick: () => room.dismiss(said.id) }, "Dismiss message"),
  );
}

function threadCard(root, room) {
  const last = root.thread.at(-1);
  const count = root.thread.length;
  return h(
    "button.thread-card",
    { type: "button", onclick: () => room.openThread(root.id) },
    h(
      "span.top",
      {},
      h("b", {}, threadName(root)),
      h("span.count", {}, count === 1 ? "1 Message ›" : `${count} Messages ›`),
    ),
    h(
      "span.latest",
      {},
      avatar(last, "tiny"),
      h("b", {}, last.user),
      h("span.line", {}, lastLine(last)),
      h("time", {}, clockTime(last.at)),
    ),
  );
}

function lastLine(last) {
  return (
    last.text?.split("\n").find((line) => line.replace(/<@!?\w+>|@\w+/g, "").trim()) || last.files?.map(({ name }) => name).join(", ") || "Click to see the thread"
  );
}
