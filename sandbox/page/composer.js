// Where a person types: an input that grows, with completion of slash commands by mouse and keyboard.

import { commandIn, complete } from "./completion.js";
import { draw, h, icon } from "./dom.js";
import { addressOf } from "./media.js";

let serial = 0;

/**
 * A composer draws itself into its `node`.
 *
 * `commands()` and `placeholder()` are asked at each drawing; `send({text, image, files})` gets what was typed, with
 * the files that were picked for options of a command, by the options' names;
 * `offersImage`: whether an image's address can go along.
 */
export class Composer {
  constructor({ label, commands, placeholder, send, offersImage = true }) {
    Object.assign(this, { label, commands, placeholder, send, offersImage });
    this.id = `composer-${(serial += 1)}`;
    this.node = document.createElement("form");
    this.node.className = "composer";
    this.node.onsubmit = (event) => {
      event.preventDefault();
      this.submit();
    };
    this.offer = null;
    this.active = -1;
    this.imageOpen = false;
    /** By option: the {name, url} of the file that was picked for it. */
    this.picked = new Map();
    this.lastSent = "";
    this.redraw();
  }

  focus() {
    this.input.focus();
  }

  /** Put a text in place of what is typed, ready to be sent. */
  fill(text) {
    this.input.value = text;
    this.input.focus();
    this.input.setSelectionRange(text.length, text.length);
    this.look();
  }

  submit() {
    const text = this.input.value.trim();
    if (!text) return;
    const image = (this.imageOpen && this.imageInput.value.trim()) || undefined;
    const files = this.files(text);
    this.lastSent = text;
    this.input.value = "";
    this.imageOpen = false;
    this.picked.clear();
    this.look();
    this.send({ text, image, files });
  }

  /** What was picked for the options of the command in this text; nothing at all if there is nothing. */
  files(text) {
    const options = commandIn(text, this.commands())?.command.options ?? [];
    const taken = options.filter(({ name }) => this.picked.has(name));
    if (!taken.length) return undefined;
    return Object.fromEntries(taken.map(({ name }) => [name, this.picked.get(name).url]));
  }

  /** Let the person choose a picture for an option, or take away the one that they chose. */
  pick(option) {
    if (this.picked.delete(option)) return this.redraw();
    const chooser = Object.assign(document.createElement("input"), { type: "file", accept: "image/*" });
    chooser.onchange = async () => {
      const [file] = chooser.files;
      if (file) this.picked.set(option, { name: file.name, url: await addressOf(file) });
      this.redraw();
      this.input.focus();
    };
    return chooser.click();
  }

  /** See what can be completed at the caret now. */
  look() {
    this.offer = complete(this.input.value, this.input.selectionStart, this.commands());
    this.active = this.offer?.eager ? 0 : -1;
    this.redraw();
  }

  close() {
    this.offer = null;
    this.redraw();
  }

  take(item) {
    const { from, to } = this.offer;
    this.input.setRangeText(item.insert, from, to, "end");
    this.input.focus();
    this.look();
  }

  /** Write an option's name at the end, ready for its value. */
  addOption(name) {
    const text = this.input.value;
    this.fill(`${text}${text.endsWith(" ") ? "" : " "}${name}:`);
  }

  onkeydown(event) {
    if (event.isComposing) return;
    if (this.offer && this.keyInOffer(event)) {
      event.preventDefault();
      event.stopPropagation();
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.submit();
    } else if (event.key === "ArrowUp" && !this.input.value && this.lastSent) {
      event.preventDefault();
      this.fill(this.lastSent);
    }
  }

  /** Whether the open list of completions took the key. */
  keyInOffer({ key, shiftKey }) {
    const { items } = this.offer;
    if (key === "Escape") this.close();
    else if (key === "ArrowDown") this.move(1);
    else if (key === "ArrowUp") this.move(-1);
    else if (key === "Tab" && !shiftKey) this.take(items[Math.max(this.active, 0)]);
    else if (key === "Enter" && !shiftKey && this.active >= 0) this.take(items[this.active]);
    else return false;
    return true;
  }

  move(step) {
    const count = this.offer.items.length;
    this.active = this.active < 0 && step < 0 ? count - 1 : (this.active + step + count) % count;
    this.redraw();
  }

  redraw() {
    draw(this.node, [
      this.offer && this.offerList(),
      this.commandStrip(),
      h(
        "div.box",
        { key: "box" },
        this.imageOpen && this.imageRow(),
        h("div.line", { key: "line" }, this.imageButton(), this.textarea(), this.sendButton()),
      ),
    ]);
  }

  offerList() {
    const option = (item, index) =>
      h(
        "li",
        {
          id: `${this.id}-${index}`,
          role: "option",
          "aria-selected": String(index === this.active),
          onpointerdown: (event) => event.preventDefault(),
          onclick: () => this.take(item),
        },
        h("b", {}, item.label),
        item.hint && h("span.hint", {}, item.hint),
        item.detail && h("span.detail", {}, item.detail),
      );
    return h(
      "div.offer",
      { key: "offer" },
      h("div.offer-title", {}, h("span", {}, this.offer.title), h("kbd", {}, "Tab")),
      h("ul", { id: this.id, role: "listbox", "aria-label": this.offer.title }, this.offer.items.map(option)),
    );
  }

  /** The command that is being typed and what it takes, once it is known. */
  commandStrip() {
    const found = this.input && commandIn(this.input.value, this.commands());
    if (!found || this.offer?.title === "Commands") return null;
    const pill = (option) => {
      if (option.file) return this.filePill(option);
      if (option.required) return h("span.pill.required", { title: option.description }, option.name);
      const used = found.typed.has(option.name);
      return h(
        "button.pill",
        {
          type: "button",
          class: used ? "used" : "",
          disabled: used,
          title: option.description,
          onclick: () => this.addOption(option.name),
        },
        option.name,
      );
    };
    return h(
      "div.strip",
      { key: "strip" },
      h("b", {}, found.command.command),
      found.command.options.map(pill),
      h("span.detail", {}, found.command.description),
    );
  }

  filePill({ name, description }) {
    const file = this.picked.get(name);
    return h(
      "button.pill",
      {
        type: "button",
        class: file ? "picked" : "",
        title: file ? "Take it away" : `${description}: choose a file`,
        onclick: () => this.pick(name),
      },
      file ? `${name}: ${file.name}` : `${name}…`,
    );
  }

  imageButton() {
    if (!this.offersImage) return null;
    const toggle = () => {
      this.imageOpen = !this.imageOpen;
      this.redraw();
      (this.imageOpen ? this.imageInput : this.input).focus();
    };
    const label = "Add an image by its address";
    return h(
      "button.plus",
      {
        key: "plus",
        type: "button",
        title: label,
        "aria-label": label,
        "aria-expanded": String(this.imageOpen),
        onclick: toggle,
      },
      icon("plus"),
    );
  }

  imageRow() {
    const keep = (node) => (this.imageInput = node);
    return h("input.image-address", {
      key: "image",
      ref: keep,
      type: "url",
      placeholder: "https://… (an image that goes along)",
      "aria-label": "Image address",
    });
  }

  textarea() {
    return h("textarea", {
      key: "text",
      ref: (node) => (this.input = node),
      rows: 1,
      placeholder: this.placeholder(),
      "aria-label": this.label,
      role: "combobox",
      "aria-autocomplete": "list",
      "aria-expanded": String(Boolean(this.offer)),
      "aria-controls": this.id,
      "aria-activedescendant": this.offer && this.active >= 0 ? `${this.id}-${this.active}` : null,
      autocomplete: "off",
      spellcheck: "false",
      oninput: () => this.look(),
      onclick: () => this.look(),
      onblur: () => this.close(),
      onkeydown: (event) => this.onkeydown(event),
    });
  }

  sendButton() {
    const empty = !this.input?.value.trim();
    return h(
      "button.send",
      { key: "send", title: "Send", "aria-label": "Send", class: empty ? "" : "ready" },
      icon("send"),
    );
  }
}
