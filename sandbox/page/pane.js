// One platform's window: what a person does in it, and what it hears. pane-view.js draws it.

import { Composer } from "./composer.js";
import { openDialog } from "./dialog.js";
import { draw } from "./dom.js";
import { call } from "./live.js";
import { paneView } from "./pane-view.js";

const WHISPERS_MAX = 200;
const SILENCE = "The app did not answer.";

export class Pane {
  /** `skin` is how the platform draws: see slack.js and discord.js. `kept`: what is remembered between visits. */
  constructor({ node, skin, live, kept }) {
    Object.assign(this, { node, skin, live, kept });
    this.thread = null;
    /** The news of messages that only one person sees. */
    this.whispers = [];
    this.waiting = new Set();
    this.unread = new Set();
    this.notice = "";
    this.busy = 0;
    this.modal = null;
    this.modalsShown = new Set();
    /** What the platform has beside messages; see slack-app.js. */
    this.app = skin.app?.(this);
    const commands = () => this.data?.commands ?? [];
    this.composer = new Composer({
      label: `Message on ${skin.label}`,
      commands,
      placeholder: () => skin.placeholder(this.place, false),
      send: (typed) => this.say(typed),
    });
    this.threadComposer = new Composer({
      label: `Reply in the ${skin.label} thread`,
      commands,
      placeholder: () => skin.placeholder(this.place, true),
      send: (typed) => this.say({ ...typed, thread: this.thread }),
    });
    node.addEventListener("keydown", ({ key }) => key === "Escape" && this.thread && this.closeThread());
  }

  get data() {
    return this.live.platforms[this.skin.name];
  }

  get user() {
    const { people } = this.data;
    return people.find(({ name }) => name === this.kept.get("user")) ?? people[0];
  }

  /** The channels of whoever speaks: of the direct messages only their own. */
  get channels() {
    const own = this.data.channels.filter((channel) => !channel.startsWith("@") || channel === `@${this.user.name}`);
    return [...new Set([...own, ...this.apart])];
  }

  /** The places that stand apart from the channels. */
  get apart() {
    return this.skin.apart?.(this) ?? [];
  }

  get channel() {
    if (!this.data) return "general";
    const kept = this.kept.get("channel");
    return this.channels.includes(kept) ? kept : this.channels[0];
  }

  /** "#general", or the bot's name for the direct messages with it. */
  get place() {
    return this.channel.startsWith("@") ? "Neverdark" : `#${this.channel}`;
  }

  get roots() {
    return this.data.messages[this.channel] ?? [];
  }

  root(id) {
    return this.roots.find((root) => root.id === id);
  }

  /** What the drawing of a message may know and do. */
  get room() {
    const { people } = this.data;
    return {
      reader: {
        id: this.user.id,
        nameOf: (id) => people.find((person) => person.id === id)?.name ?? "Neverdark",
        channelOf: (id) =>
          this.root(id) ? this.skin.threadName(this.root(id)) : (this.data.channel_names?.[id] ?? "channel"),
      },
      local: (url) => this.live.local(url),
      isWaiting: (message, action) => this.waiting.has(`${message} ${action}`),
      press: (message, action, confirm) => this.press(message, action, confirm),
      shortcuts: this.data.shortcuts ?? [],
      shortcut: (message, shortcut) => this.ask("shortcut", { channel: this.channel, message, shortcut }),
      reply: (message, text) => this.reply(message, text),
      openThread: (id) => this.openThread(id),
      dismiss: (id) => this.dismiss(id),
    };
  }

  /** The messages of the channel or of one of its threads, with what only this person sees. */
  list(messages, thread) {
    const mine = this.whispers
      .filter(({ channel, user }) => channel === this.channel && user === this.user.name)
      .filter((news) => (this.root(news.thread) ? news.thread : null) === thread)
      .map(({ drawn }) => ({ ...drawn, ephemeral: true }));
    return [...messages, ...mine].sort((one, other) => one.at - other.at);
  }

  async say({ text, image, files, thread }) {
    if ((text?.startsWith("/video") || this.app?.isOpen) && !thread) this.awaited = new Set(this.roots.map(({ id }) => id));
    await this.ask("say", { channel: this.channel, text, image, files, thread });
  }

  /** Answer a message; what stands in the way, or nothing. */
  async reply(message, text) {
    const body = { platform: this.skin.name, user: this.user.name, channel: this.channel, message, text };
    const answer = await call("POST", "api/reply", body);
    return answer.ok ? "" : answer.error || SILENCE;
  }

  /** Press something; `send` tells the sandbox, where it is not in a message. */
  async press(message, action, confirm, send = () => this.ask("press", { channel: this.channel, message, action })) {
    const go = async () => {
      this.waiting.add(`${message} ${action}`);
      this.redraw();
      await send();
      this.waiting.delete(`${message} ${action}`);
      this.redraw();
    };
    if (!confirm) return go();
    return openDialog({
      platform: this.skin.name,
      title: confirm.title.text,
      text: confirm.text.text,
      yes: confirm.confirm?.text ?? "Yes",
      no: confirm.deny?.text ?? "Cancel",
      danger: confirm.style === "danger",
      submit: () => void go(),
    });
  }

  async ask(what, body, path = `api/${what}`) {
    this.notice = "";
    this.busy += 1;
    this.redraw();
    const answer = await call("POST", path, { platform: this.skin.name, user: this.user.name, ...body });
    this.busy -= 1;
    if (answer.modal) this.showModal(answer.modal);
    else if (!answer.ok) this.notice = answer.error || SILENCE;
    this.redraw();
  }

  /** Open a modal, once: it comes as news, and again in the answer to what opened it. */
  showModal(modal) {
    if (this.modalsShown.has(modal.id)) return;
    this.modalsShown.add(modal.id);
    this.openModal(modal);
  }

  openModal(modal) {
    this.modal?.dialog.close();
    const user = this.user.name;
    const changed = (field, values) =>
      call("POST", "api/change", { platform: this.skin.name, modal: modal.id, user, field, values });
    const sent = (values) =>
      call("POST", "api/submit", { platform: this.skin.name, modal: modal.id, user, values });
    const dialog = this.skin.openModal?.(this, modal, { changed, sent }) ?? this.openFields(modal, { changed, sent });
    this.modal = { id: modal.id, drawn: JSON.stringify(modal), dialog };
  }

  /** A modal of which nothing is known but its fields. */
  openFields({ title, text, fields, submit }, { changed, sent }) {
    return openDialog({
      platform: this.skin.name,
      title,
      text,
      fields,
      yes: submit,
      changed,
      submit: async (values) => {
        const answer = await sent(values);
        return answer.ok ? "" : answer.error || SILENCE;
      },
    });
  }

  openThread(id) {
    this.thread = id;
    this.redraw();
    this.threadComposer.focus();
  }

  closeThread() {
    const opener = `[data-id="${CSS.escape(this.thread)}"] :is(.thread-bar, .thread-card)`;
    this.thread = null;
    this.redraw();
    (this.node.querySelector(opener) ?? this.composer.input).focus();
  }

  goTo(channel) {
    this.kept.set("channel", channel);
    this.thread = null;
    this.unread.delete(channel);
    this.redraw();
    if (this.app?.isOpen) void this.app.opened();
  }

  speakAs(name) {
    const wasInApp = this.app?.isOpen;
    this.kept.set("user", name);
    if (wasInApp) this.kept.set("channel", this.app.place);
    this.thread = wasInApp ? null : this.thread;
    this.redraw();
  }

  dismiss(id) {
    this.whispers = this.whispers.filter(({ drawn }) => drawn.id !== id);
    this.redraw();
  }

  hear(news) {
    if (news.platform !== this.skin.name || !this.data) return;
    if (news.type === "message" && news.channel !== this.channel) this.unread.add(news.channel);
    if (news.type === "ephemeral") {
      this.whispers = this.whispers.filter(({ drawn }) => drawn.id !== news.drawn.id).slice(-WHISPERS_MAX);
      // Where the news does not say in which thread it is, it is where the person is.
      if (!news.drawn.deleted)
        this.whispers.push({ ...news, thread: news.thread === undefined ? this.thread : news.thread });
    }
    this.app?.hear(news);
    if (news.type === "modal" && news.user === this.user.name) this.hearModal(news.modal);
    this.redraw();
  }

  /**
   * A modal opens in the page that asked for it, and not in every page of the same person. Its news may come after the
   * answer that opened it: only what changed is drawn anew, and what was typed meanwhile stays.
   */
  hearModal(modal) {
    const isOpen = this.modal?.dialog.isOpen();
    if (!modal) this.modal?.dialog.close();
    else if (isOpen && modal.id === this.modal.id) {
      if (JSON.stringify(modal) !== this.modal.drawn) this.modal.dialog.update({ ...modal, yes: modal.submit });
      this.modal.drawn = JSON.stringify(modal);
    } else if (isOpen || this.busy > 0) this.showModal(modal);
  }

  /** The thread of what was just asked for opens by itself, once it has something to show. */
  openAwaited() {
    const root = this.awaited && !this.thread && this.roots.find(({ id, thread }) => !this.awaited.has(id) && thread.length);
    if (!root) return;
    this.awaited = null;
    this.thread = root.id;
  }

  redraw() {
    if (this.data) this.openAwaited();
    if (this.data) this.app?.look();
    this.composer.redraw();
    this.threadComposer.redraw();
    draw(this.node, [paneView(this)]);
  }
}
