// The page's copy of the sandbox: fetched at the start and after each reconnection, kept fresh by its news.

const TIMEOUT_MS = 20_000;
const CHANNEL_GAP_MS = 100;
const SIDE_GAP_MS = 250;
const RECONNECT_MS = 2_000;

/** Ask the sandbox. An answer that is not "ok" comes back as {ok: false, error}. */
export async function call(method, path, body) {
  try {
    const answer = await fetch(path, {
      method,
      headers: body ? { "Content-Type": "application/json" } : {},
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return await answer.json();
  } catch (error) {
    return {
      ok: false,
      error: error.name === "TimeoutError" ? "The sandbox did not answer in time." : "The sandbox cannot be reached.",
    };
  }
}

/** Run `work` now, or once more after the run that is under way: any number of calls become few runs. */
function gathered(work, gapMs) {
  let running = false;
  let again = false;
  return async () => {
    again = true;
    if (running) return;
    running = true;
    try {
      while (again) {
        again = false;
        await work();
        await new Promise((resolve) => setTimeout(resolve, gapMs));
      }
    } finally {
      running = false;
    }
  };
}

export class Live {
  /**
   * `changed()` is called after each change, `heard(news)` with each piece of news, and
   * `fresh(platform, channel, messages)` with messages that were not there before.
   */
  constructor({ changed, heard, fresh }) {
    Object.assign(this, { changed, heard, fresh });
    this.platforms = {};
    this.side = { vendors: {}, trouble: [], factor: 1 };
    this.baseUrl = "";
    this.connected = false;
    this.channelJobs = new Map();
    this.loadAll = gathered(() => this.load(), CHANNEL_GAP_MS);
    this.loadSide = gathered(() => this.refreshSide(), SIDE_GAP_MS);
  }

  start() {
    const source = new EventSource("events");
    source.onmessage = ({ data }) => this.take(JSON.parse(data));
    source.onerror = () => {
      this.setConnected(false);
      if (source.readyState === EventSource.CLOSED) setTimeout(() => this.start(), RECONNECT_MS);
    };
  }

  take(news) {
    if (news.type === "hello") this.loadAll();
    else if (news.type === "message") this.loadChannel(news.platform, news.channel);
    else if (["vendor", "trouble", "speed"].includes(news.type)) this.loadSide();
    this.heard(news);
  }

  async load() {
    const state = await call("GET", "page/state");
    if (!state.platforms) return;
    this.platforms = state.platforms;
    this.side = state.side;
    this.baseUrl = state.base_url;
    this.setConnected(true);
  }

  setConnected(connected) {
    this.connected = connected;
    this.changed();
  }

  loadChannel(platform, channel) {
    const key = `${platform} ${channel}`;
    if (!this.channelJobs.has(key)) {
      this.channelJobs.set(
        key,
        gathered(() => this.refreshChannel(platform, channel), CHANNEL_GAP_MS),
      );
    }
    this.channelJobs.get(key)();
  }

  async refreshChannel(platform, channel) {
    const known = this.platforms[platform]?.messages;
    if (!known) return;
    if (!(channel in known)) return void (await this.load());
    const { messages } = await call("GET", `page/channel?${new URLSearchParams({ platform, channel })}`);
    if (!messages) return;
    const before = new Set(everyMessage(known[channel] ?? []).map(({ id }) => id));
    known[channel] = messages;
    this.changed();
    this.fresh(
      platform,
      channel,
      everyMessage(messages).filter(({ id }) => !before.has(id)),
    );
  }

  async refreshSide() {
    const side = await call("GET", "page/side");
    if (!side.vendors) return;
    this.side = side;
    this.changed();
  }

  /** A URL of the sandbox as this page reaches it: through another host name or a tunnel, too. */
  local(url) {
    return this.baseUrl && url?.startsWith(`${this.baseUrl}/`) ? url.slice(this.baseUrl.length) : (url ?? "");
  }
}

function everyMessage(messages) {
  return messages.flatMap((message) => [message, ...(message.thread ?? [])]);
}
