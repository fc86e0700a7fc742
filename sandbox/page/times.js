// Times in words, the way the platforms write them.

const LANGUAGE = "en-US";
const clock = new Intl.DateTimeFormat(LANGUAGE, { hour: "numeric", minute: "2-digit" });
const relative = new Intl.RelativeTimeFormat(LANGUAGE, { numeric: "auto" });
const STEPS = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];

const STYLES = {
  t: { timeStyle: "short" },
  T: { timeStyle: "medium" },
  d: { dateStyle: "short" },
  D: { dateStyle: "long" },
  f: { dateStyle: "long", timeStyle: "short" },
  F: { dateStyle: "full", timeStyle: "short" },
};

/** "10:42 AM". */
export const clockTime = (unix) => clock.format(unix * 1000);

/** "Sunday, November 22, 2026 at 10:42 AM": what hovering over a time shows. */
export const fullTime = (unix) => stamp(unix, "F");

/** A Discord timestamp <t:…:style>. */
export function stamp(unix, style) {
  if (style === "R") return fromNow(unix);
  return new Intl.DateTimeFormat(LANGUAGE, STYLES[style] ?? STYLES.f).format(unix * 1000);
}

const SLACK_TOKENS = {
  date_num: { year: "numeric", month: "2-digit", day: "2-digit" },
  date: { month: "long", day: "numeric" },
  date_short: { dateStyle: "medium" },
  date_long: { dateStyle: "full" },
  time: STYLES.t,
  time_secs: STYLES.T,
};

/** A time as Slack words it: "{date_short_pretty}, {time}" in the reader's own zone. */
export function slackStamp(unix, format) {
  return format.replace(/\{(\w+)\}/g, (token, name) => {
    if (name === "ago") return fromNow(unix);
    const plain = name.replace(/_pretty$/, "");
    const day = [["today", 0], ["yesterday", 1], ["tomorrow", -1]].find(([, each]) => each === daysAgo(unix));
    if (plain !== name && day) return day[0];
    const shape = SLACK_TOKENS[plain];
    return shape ? new Intl.DateTimeFormat(LANGUAGE, shape).format(unix * 1000) : token;
  });
}

/** "in 5 minutes", "12 seconds ago". */
export function fromNow(unix) {
  const seconds = Math.round(unix - Date.now() / 1000);
  const [unit, size] = STEPS.find(([, each]) => Math.abs(seconds) >= each) ?? ["second", 1];
  return relative.format(Math.trunc(seconds / size), unit);
}

/** "now", "12 s", "4 min", "3 h", "2 d": how long ago, in few letters. */
export function ago(unix) {
  return span(Math.max(0, Date.now() / 1000 - unix));
}

/** "12 s", "4 min", "3 h", "2 d". */
export function span(seconds) {
  if (seconds < 1) return "now";
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** "Today", "Yesterday" or "Friday, November 20": the line between two days. */
export function dayName(unix) {
  const days = daysAgo(unix);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  return new Intl.DateTimeFormat(LANGUAGE, { weekday: "long", month: "long", day: "numeric" }).format(unix * 1000);
}

/** Discord's "Today at 10:42 AM", "Yesterday at 10:42 AM", "11/20/2026 10:42 AM". */
export function dayAndTime(unix) {
  const days = daysAgo(unix);
  if (days === 0) return `Today at ${clockTime(unix)}`;
  if (days === 1) return `Yesterday at ${clockTime(unix)}`;
  return `${stamp(unix, "d")} ${clockTime(unix)}`;
}

function daysAgo(unix) {
  const midnight = (date) => new Date(date).setHours(0, 0, 0, 0);
  return Math.round((midnight(Date.now()) - midnight(unix * 1000)) / 86_400_000);
}
