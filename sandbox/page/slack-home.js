// The app's place in Slack: tabs, its Home as the app has published it, and the chat with its agent.

import { h, icon } from "./dom.js";
import { blocks } from "./slack-blocks.js";

const TABS = { home: "Home", messages: "Chat" };

/** The tabs below the app's name. */
export function appTabs(app) {
  return h(
    "div.tabs",
    { key: "tabs", role: "tablist", "aria-label": "Neverdark" },
    Object.entries(TABS).map(([name, label]) =>
      h(
        "button",
        {
          key: name,
          type: "button",
          role: "tab",
          "aria-selected": String(app.tab === name),
          onclick: () => app.show(name),
        },
        label,
      ),
    ),
  );
}

/** The Home, in place of messages and an input. */
export function homeView(app) {
  const { pane, state } = app;
  const said = { id: "home", actions: state.home?.actions ?? [] };
  const room = { ...pane.room, press: (_id, action, confirm) => app.pressInHome(action, confirm) };
  return h(
    "div.scroller.own",
    { key: `home-${pane.user.name}` },
    h(
      "div.list",
      { tabindex: "0", role: "tabpanel", "aria-label": "Home" },
      h(
        "div.home-view",
        {},
        pane.notice && h("div.notice", { key: "notice", role: "alert" }, pane.notice),
        state.home
          ? h("div.blocks", { key: "blocks" }, blocks(said, state.home.blocks, room))
          : h("p.quiet.nothing", { key: "nothing" }, "The app has published no Home for you yet."),
      ),
    ),
    h("div.busy", { key: "busy", class: pane.busy > 0 ? "on" : "", "aria-hidden": "true" }),
  );
}

/** What an empty chat offers: the prompts of the app's manifest. */
export function agentHello(app) {
  const { pane, state } = app;
  return h(
    "div.welcome.agent-hello",
    { key: "welcome" },
    h("img.agent-mark", { src: "page/mark.svg", alt: "", width: 44, height: 44 }),
    h("h3", {}, "Neverdark"),
    h("p", {}, "Each message begins a chat of its own. The agent answers in its thread."),
    h(
      "div.prompts",
      {},
      (state.agent ?? []).map(({ title, message }) =>
        h(
          "button",
          { key: title, type: "button", onclick: () => pane.say({ text: message }) },
          h("b", {}, title),
          h("span", {}, message),
        ),
      ),
    ),
  );
}

/** Slack's own line above the input while the agent is at work, with its Stop. */
export function atWork(app, thread) {
  if (app.session(thread)?.status !== "processing") return null;
  return h(
    "div.at-work",
    { key: "at-work", role: "status" },
    h("span.dots", { "aria-hidden": "true" }, h("i"), h("i"), h("i")),
    h("span", {}, "Neverdark is working…"),
    h("button.stop", { type: "button", onclick: () => app.stop(thread) }, icon("stop"), "Stop"),
  );
}
