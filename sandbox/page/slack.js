// How Slack shows a message: its frame, its files, the way into its thread.

import { h, icon } from "./dom.js";
import { fileView } from "./media.js";
import { mrkdwn } from "./mrkdwn.js";
import { App, WORKFLOWS } from "./slack-app.js";
import { attachments, blocks } from "./slack-blocks.js";
import { agentHello, appTabs, atWork, homeView } from "./slack-home.js";
import { openSlackModal } from "./slack-modal.js";
import { workflowView } from "./slack-workflow.js";
import { clockTime, dayAndTime, fullTime } from "./times.js";
import { avatar, voices } from "./timeline.js";

const VOICES_SHOWN = 4;

export const slack = {
  name: "slack",
  label: "Slack",
  groupS: 300,
  message,
  threadName: () => "Thread",
  placeholder: (place, inThread) => (inThread ? "Reply…" : `Message ${place}`),
  daysInThreads: false,
  welcome: (place) => [h("h3", {}, place), h("p", {}, "This is the very beginning of ", h("b", {}, place), ".")],
  app: (pane) => new App(pane),
  ownPlaces: { [WORKFLOWS]: { name: "Workflows", sign: "bolt" } },
  apart: ({ app }) => (app.isThere ? [app.place, WORKFLOWS] : []),
  shortcuts: ({ app }) => app.state.shortcuts.map((each) => globalShortcut(app, each)),
  tabs: ({ app }) => app.isOpen && appTabs(app),
  own: (pane) => {
    if (pane.channel === WORKFLOWS) return workflowView(pane.app);
    return pane.app.isOpen && pane.app.tab === "home" && homeView(pane.app);
  },
  hello: ({ app }) => app.isOpen && agentHello(app),
  threadTitle: ({ app }, root) => app.session(root.id)?.title,
  atWork: ({ app, thread }) => atWork(app, thread),
  openModal,
};

/** An entry of the app that is used from nowhere in particular. */
function globalShortcut(app, { id, name }) {
  const use = () => void app.use(id);
  const sign = h("span.sign", {}, icon("plus"));
  return h("li", { key: `shortcut-${id}` }, h("button", { type: "button", onclick: use }, sign, h("span", {}, name)));
}

function openModal(pane, modal, { changed, sent }) {
  if (!modal.raw) return undefined;
  const { people, channel_names: names } = pane.data;
  return openSlackModal({
    modal,
    room: pane.room,
    places: Object.entries(names).map(([value, name]) => ({ value, label: `#${name}` })),
    people: people.map(({ id, name }) => ({ value: id, label: name })),
    submit: sent,
    changed,
  });
}

function message(said, room, { compact, inThread }) {
  return h(
    "article.message",
    { key: said.id, class: `${compact ? "compact" : ""} ${said.ephemeral ? "ephemeral" : ""}`, "data-id": said.id },
    said.ephemeral && h("div.only-you", {}, icon("eye"), "Only visible to you"),
    h("div.gutter", {}, compact ? time(said, clockTime(said.at).replace(/ [AP]M/, "")) : avatar(said)),
    h(
      "div.content",
      {},
      !compact &&
        h(
          "header",
          {},
          h("b.name", {}, said.user),
          said.bot && h("span.app", {}, "APP"),
          time(said, clockTime(said.at)),
        ),
      words(said, room),
      attachments(said, room),
      (said.files ?? []).map((file) => fileView(local(file, room), { caption: caption(file, room) })),
      !inThread && said.thread?.length > 0 && threadBar(said, room),
    ),
    !said.ephemeral && hoverActions(said, room, { inThread }),
  );
}

/** Blocks stand in place of the text. Slack marks an edit only where there are none. */
function words(said, room) {
  const { text, blocks: found } = said.raw;
  if (found?.length) return h("div.blocks", {}, blocks(said, found, room));
  return text && h("div.text", {}, mrkdwn(text, room.reader), said.edited && h("span.edited", {}, " (edited)"));
}

function local(file, room) {
  return { ...file, url: room.local(file.url) };
}

function caption(file, room) {
  return h("figcaption", {}, h("a", { href: room.local(file.url), download: file.name }, file.name, icon("down")));
}

function time({ at }, words) {
  return h("time", { datetime: new Date(at * 1000).toISOString(), title: fullTime(at) }, words);
}

function threadBar(root, room) {
  const count = root.thread.length;
  const last = dayAndTime(root.thread.at(-1).at).replace(/^(Today|Yesterday)/, (day) => day.toLowerCase());
  return h(
    "button.thread-bar",
    { type: "button", onclick: () => room.openThread(root.id) },
    voices(root.thread)
      .slice(-VOICES_SHOWN)
      .map((voice) => avatar(voice, "small")),
    h("span.count", {}, count === 1 ? "1 reply" : `${count} replies`),
    h("span.last", {}, `Last reply ${last}`),
    h("span.view", { "aria-hidden": "true" }, "View thread"),
    icon("down"),
  );
}

const ABOUT_PICTURES = new Set(["animate"]);

/** What can be done with a message; the app's shortcuts are offered where they make sense: on people's words and pictures. */
function hoverActions(said, room, { inThread }) {
  const pictured = said.files?.some(({ mimetype }) => mimetype?.startsWith("image/"));
  const shortcuts = (room.shortcuts ?? []).filter(({ id }) => (ABOUT_PICTURES.has(id) ? pictured : !said.bot));
  const reply = { name: "Reply in thread", sign: icon("reply"), act: () => room.openThread(said.id) };
  const all = [
    ...shortcuts.map(({ id, name }) => ({ name, sign: icon(ABOUT_PICTURES.has(id) ? "send" : "bolt"), act: () => room.shortcut(said.id, id) })),
    ...(inThread ? [] : [reply]),
  ];
  const one = ({ name, sign, act }) =>
    h("button", { key: name, type: "button", title: name, "aria-label": name, onclick: act }, sign);
  return all.length > 0 && h("div.hover", {}, all.map(one));
}
