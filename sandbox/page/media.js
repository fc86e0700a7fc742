// Files in messages, as both platforms show them: players, pictures, cards to download.

import { h, icon } from "./dom.js";

/** A file as an address that holds all of it, its name included. */
export function addressOf(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.replace(";base64,", `;name=${encodeURIComponent(file.name)};base64,`));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}

const UNITS = [
  ["GB", 1e9],
  ["MB", 1e6],
  ["kB", 1e3],
];

/** "3.4 MB". */
export function sizeText(bytes) {
  const [unit, size] = UNITS.find(([, each]) => bytes >= each) ?? ["bytes", 1];
  return `${(bytes / size).toLocaleString("en-US", { maximumFractionDigits: size === 1 ? 0 : 1 })} ${unit}`;
}

/** A player in the clip's own shape. Its key is the clip, so that a redraw never restarts it. */
export function video({ url, name, width, height }) {
  const shape = width && height ? { "--ratio": width / height } : {};
  return h("video", {
    key: url,
    controls: true,
    playsinline: true,
    preload: "metadata",
    src: url,
    "aria-label": name,
    style: shape,
    onloadedmetadata: ({ target }) => target.style.setProperty("--ratio", target.videoWidth / target.videoHeight),
  });
}

/** A picture that opens in full in its own tab. */
export function picture({ url, alt = "" }, className = "picture") {
  return h(
    `a.${className}`,
    { key: url, href: url, target: "_blank", rel: "noopener noreferrer" },
    h("img", { src: url, alt }),
  );
}

/** What a platform shows of one file; `caption` is drawn above a player. */
export function fileView(file, { caption } = {}) {
  if (file.mimetype?.startsWith("video/")) {
    return h("figure.clip", { key: file.url }, caption, video(file));
  }
  if (file.mimetype?.startsWith("image/")) {
    return h("figure.clip", { key: file.url }, caption, picture({ url: file.url, alt: file.name }));
  }
  return h(
    "a.file",
    { key: file.url, href: file.url, download: file.name },
    icon("file"),
    h("span.about", {}, h("b", {}, file.name), h("span", {}, sizeText(file.size ?? 0))),
  );
}
