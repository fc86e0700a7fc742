// Modals and confirmations, as dialogs of the browser: it keeps the focus inside and closes them on Escape.

import { draw, h, icon } from "./dom.js";

/**
 * Open a dialog that looks like `platform`'s. `submit(values)` says what was wrong with the values, or nothing;
 * then the dialog closes. Gives {isOpen(), close()}.
 *
 * fields: [{name, label, value, multiline, options}]
 */
export function openDialog({
  platform,
  title,
  text,
  fields = [],
  yes = "Submit",
  no = "Cancel",
  danger = false,
  submit,
}) {
  const dialog = document.createElement("dialog");
  dialog.className = `dialog ${platform}`;
  dialog.setAttribute("aria-label", title);
  let trouble = "";
  let busy = false;

  const send = async (event) => {
    event.preventDefault();
    const values = Object.fromEntries(new FormData(event.target));
    busy = true;
    redraw();
    trouble = await submit(values);
    busy = false;
    redraw();
    if (!trouble) dialog.close();
  };

  function redraw() {
    draw(dialog, [
      h(
        "form",
        { onsubmit: send },
        h(
          "header",
          {},
          h("h2", {}, title),
          h("button.close", { type: "button", "aria-label": "Close", onclick: () => dialog.close() }, icon("close")),
        ),
        h(
          "div.inside",
          {},
          text && h("p.lines", {}, text),
          fields.map(input),
          trouble && h("p.trouble", { role: "alert" }, trouble),
        ),
        h(
          "footer",
          {},
          h("button.button.quiet", { type: "button", onclick: () => dialog.close() }, no),
          h("button.button", { class: danger ? "danger" : "primary", disabled: busy }, yes),
        ),
      ),
    ]);
  }

  redraw();
  document.body.append(dialog);
  dialog.onclose = () => dialog.remove();
  dialog.showModal();
  dialog.querySelector("textarea, input, select, .button:not(.quiet)")?.focus();
  return { isOpen: () => dialog.open, close: () => dialog.close() };
}

function input({ name, label, value, multiline, options }) {
  const common = { name, id: `field-${name}`, value };
  let control = h("input", { ...common, type: "text", autocomplete: "off" });
  if (multiline) control = h("textarea", { ...common, rows: 4 });
  if (options?.length)
    control = h(
      "select",
      common,
      options.map((each) => h("option", { value: each }, each)),
    );
  return h("label.field", { for: `field-${name}` }, h("span", {}, label), control);
}
