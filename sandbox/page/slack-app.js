// The app beside its messages, as one person sees it: its Home, its agent's chats, its shortcuts, a step of a workflow.
// What is drawn is what the app has sent; this keeps it fresh and carries out what the person does.

import { call } from "./live.js";

export const WORKFLOWS = "workflows";
const NEWS = new Set(["home", "session", "workflow"]);
const NOTHING = { home: null, agent: null, sessions: [], shortcuts: [], step: null, runs: [] };

export class App {
  /** `pane` is the window that it belongs to. */
  constructor(pane) {
    this.pane = pane;
    this.state = NOTHING;
    this.loadedFor = "";
    /** What was typed into the step of a workflow, and what is wrong with it. */
    this.typed = { prompt: "a red fox in the snow", channel: "video", tier: "" };
    this.trouble = "";
    this.pressed = 0;
  }

  /** The app's own place for whoever speaks now. */
  get place() {
    return `@${this.pane.user.name}`;
  }

  get isThere() {
    return this.pane.data?.has_app_places ?? false;
  }

  get isOpen() {
    return this.isThere && this.pane.channel === this.place;
  }

  get tab() {
    return this.pane.kept.get("tab") ?? "home";
  }

  show(tab) {
    this.pane.kept.set("tab", tab);
    this.pane.thread = null;
    this.pane.redraw();
    void this.opened();
  }

  /** A person looks at it: Slack tells the app. */
  async opened() {
    await call("POST", "slack/person/open", { user: this.pane.user.name, tab: this.tab });
    await this.load();
  }

  async load() {
    const user = this.pane.user.name;
    this.loadedFor = user;
    const state = await call("GET", `slack/person?${new URLSearchParams({ user })}`);
    if (!state.step || user !== this.pane.user.name) return;
    this.state = state;
    this.pane.redraw();
  }

  /** Called at each drawing: somebody else may speak, or the page has just been opened. */
  look() {
    if (!this.isThere || this.loadedFor === this.pane.user.name) return;
    this.loadedFor = this.pane.user.name;
    void (this.isOpen ? this.opened() : this.load());
  }

  hear({ type, user }) {
    if (this.isThere && NEWS.has(type) && (!user || user === this.pane.user.name)) void this.load();
  }

  session(thread) {
    const { channel } = this.pane;
    return this.state.sessions.find((each) => each.thread === thread && each.channel === channel);
  }

  pressInHome(action, confirm) {
    return this.pane.press("home", action, confirm, () =>
      this.pane.ask("press", { action }, "slack/person/press"),
    );
  }

  use(shortcut) {
    return this.pane.ask("shortcut", { shortcut }, "slack/person/shortcut");
  }

  stop(thread) {
    return this.pane.ask("stop", { channel: this.pane.channel, thread }, "slack/person/stop");
  }

  async run() {
    const press = ++this.pressed;
    const answer = await call("POST", "slack/person/run", { user: this.pane.user.name, inputs: this.typed });
    // An earlier press may be answered later: what it says is not about what is in the fields.
    if (press === this.pressed) this.trouble = answer.ok ? "" : answer.error;
    await this.load();
    this.pane.redraw();
  }
}
