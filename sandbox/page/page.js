// The chat page: puts the two panes and the third column together and keeps them fresh.

import { discord } from "./discord.js";
import { draw, h, icon } from "./dom.js";
import { Live } from "./live.js";
import { Pane } from "./pane.js";
import { Side } from "./side.js";
import { slack } from "./slack.js";

const TICK_MS = 5_000;
const VIEWS = [
  ["both", "Side by side"],
  ["slack", "Slack"],
  ["discord", "Discord"],
  ["vendors", "Vendors"],
];
const THEMES = { auto: "light", light: "dark", dark: "auto" };
const THEME_ICONS = { auto: "auto", light: "sun", dark: "moon" };

/** What is remembered between visits, under one name. */
function keep(prefix) {
  return {
    get: (name) => localStorage.getItem(`sandbox.${prefix}.${name}`),
    set: (name, value) => localStorage.setItem(`sandbox.${prefix}.${name}`, value),
  };
}

const find = (selector) => document.querySelector(selector);
const kept = keep("page");

const live = new Live({ changed: redraw, heard: (news) => panes.forEach((pane) => pane.hear(news)), fresh: announce });
const panes = [slack, discord].map(
  (skin) => new Pane({ node: find(`.pane.${skin.name}`), skin, live, kept: keep(skin.name) }),
);
const side = new Side({ node: find(".side"), live });

let asked = false;

/** Draw everything once before the next frame. */
function redraw() {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => {
    asked = false;
    drawBar();
    for (const pane of panes) pane.redraw();
    side.redraw();
  });
}

function drawBar() {
  const root = document.documentElement;
  root.dataset.view = kept.get("view") ?? "both";
  root.dataset.theme = kept.get("theme") ?? "auto";
  const { view, theme } = root.dataset;
  const choose = (name, value) => {
    kept.set(name, value);
    redraw();
  };
  draw(
    find(".views"),
    VIEWS.map(([name, label]) =>
      h(
        `label.view-${name}`,
        { key: name },
        h("input", {
          type: "radio",
          name: "view",
          value: name,
          checked: name === view,
          onchange: () => choose("view", name),
        }),
        h("span", {}, label),
      ),
    ),
  );
  draw(find(".status"), [
    h(
      "span.connection",
      { class: live.connected ? "on" : "off", role: "status" },
      live.connected ? "Live" : "Not connected",
    ),
    h(
      "button",
      {
        type: "button",
        title: `Colours: ${theme}`,
        "aria-label": `Colours: ${theme}. Change`,
        onclick: () => choose("theme", THEMES[theme]),
      },
      icon(THEME_ICONS[theme]),
    ),
  ]);
}

/** Say new messages of an open channel to those who cannot see them appear. */
function announce(platform, channel, messages) {
  const pane = panes.find(({ skin }) => skin.name === platform);
  if (pane.channel !== channel) return;
  const said = messages.map(
    ({ user, text, files }) => `${pane.skin.label}, ${user}: ${text || files.map(({ name }) => name).join(", ")}`,
  );
  if (said.length) find("#news").textContent = said.join("\n");
}

redraw();
live.start();
setInterval(() => {
  if (document.hidden) return;
  if (side.isMoving) live.loadSide();
  if (panes.some((pane) => pane.data?.commands.length === 0)) live.loadAll();
  redraw();
}, TICK_MS);
