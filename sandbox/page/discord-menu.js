// What a person can do with a message on Discord: answer it with its ping, and the apps' commands of its context menu.

import { openDialog } from "./dialog.js";
import { h, icon } from "./dom.js";

const ANSWER = { name: "text", label: "Your answer", multiline: true };

/** The bar over a message: it shows while the message is pointed at or has the focus. */
export function messageMenu(said, room) {
  return h(
    "div.hover",
    {},
    h(
      "button",
      { type: "button", title: "Reply", "aria-label": `Reply to ${said.user}`, onclick: () => answer(said, room) },
      icon("reply"),
    ),
    room.shortcuts.length > 0 && apps(said, room),
  );
}

/** Commands of apps on this message; Discord has them in the menu of the right mouse button, below "Apps". */
function apps(said, room) {
  const use = (shortcut, target) => {
    target.closest("details").open = false;
    room.shortcut(said.id, shortcut.id);
  };
  return h(
    "details.apps",
    { key: `apps-${said.id}` },
    h("summary", { title: "Apps", "aria-label": `Apps: commands for the message of ${said.user}` }, icon("more")),
    h(
      "ul",
      { role: "menu" },
      room.shortcuts.map((shortcut) =>
        h(
          "li",
          { key: shortcut.id, role: "none" },
          h(
            "button",
            { type: "button", role: "menuitem", onclick: ({ currentTarget }) => use(shortcut, currentTarget) },
            shortcut.name,
          ),
        ),
      ),
    ),
  );
}

function answer(said, room) {
  openDialog({
    platform: "discord",
    title: `Reply to ${said.user}`,
    fields: [ANSWER],
    yes: "Send",
    submit: ({ text }) => room.reply(said.id, text),
  });
}
