// Modals and confirmations, as dialogs of the browser: it keeps the focus inside and closes them on Escape.

import { draw, h, icon } from "./dom.js";
import { addressOf } from "./media.js";

/**
 * Open a dialog that looks like `platform`'s. `submit(values)` says what was wrong with the values, or nothing;
 * then the dialog closes. `changed(name, values)` hears of every change of a field that is live. Gives {isOpen(), close(),
 * update({title, text, fields, yes})}: what was typed stays.
 *
 * fields: [{name, label, value, multiline, options, files, live}]
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
  changed = () => {},
}) {
  const dialog = document.createElement("dialog");
  dialog.className = `dialog ${platform}`;
  dialog.setAttribute("aria-label", title);
  let trouble = "";
  let busy = false;

  const send = async (event) => {
    event.preventDefault();
    const values = await valuesOf(event.target, { files: true });
    busy = true;
    redraw();
    trouble = await submit(values);
    busy = false;
    redraw();
    if (!trouble) dialog.close();
  };

  /** All that the form holds now; a file only when it is sent. */
  async function valuesOf(form, { files }) {
    const values = {};
    for (const { name } of fields.filter((field) => field.many)) values[name] = "";
    for (const [name, value] of new FormData(form))
      if (typeof value === "string") values[name] = values[name] ? `${values[name]}, ${value}` : value;
    for (const { name } of files ? fields.filter((field) => field.files) : [])
      values[name] = (await Promise.all([...form.elements[name].files].map(addressOf))).join("\n");
    return values;
  }

  const onchange = async (event) => {
    const { form, name } = event.target;
    if (fields.some((field) => field.name === name && field.live)) changed(name, await valuesOf(form, { files: false }));
  };

  function redraw() {
    draw(dialog, [
      h(
        "form",
        { onsubmit: send, onchange },
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
  const update = (modal) => {
    ({ title, text, fields, yes } = modal);
    redraw();
  };
  return { isOpen: () => dialog.open, close: () => dialog.close(), update };
}

function input({ name, label, value, multiline, options, files, labels = [], many, hint, optional }) {
  const common = { name, id: `field-${name}`, value };
  let control = h("input", { ...common, type: "text", autocomplete: "off" });
  if (multiline) control = h("textarea", { ...common, rows: 4 });
  if (files) control = h("input", { name, id: common.id, type: "file", accept: "image/*", multiple: files > 1 });
  if (options?.length)
    control = many
      ? several({ name, value, options, labels })
      : h(
          "select",
          common,
          (optional || !value) && h("option", { value: "" }, "–"),
          options.map((each, index) => h("option", { value: each }, labels[index] ?? each)),
        );
  return h(
    many ? "fieldset.field" : "label.field",
    many ? {} : { for: `field-${name}` },
    h(many ? "legend" : "span", {}, label),
    hint && h("small", {}, hint),
    control,
  );
}

/** Several of a few: a box for each. */
function several({ name, value, options, labels }) {
  const chosen = new Set(value.split(",").map((each) => each.trim()));
  const box = (each, index) =>
    h(
      "label",
      { key: each },
      h("input", { type: "checkbox", name, value: each, checked: chosen.has(each) }),
      labels[index] ?? each,
    );
  return h("div.several", {}, options.map(box));
}
