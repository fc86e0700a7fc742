"""What is wrong with what a page shows: cut off, one thing over another, or hardly to be read. Asked of the browser."""

from playwright.async_api import Locator

_LOOK = """roots => {
  const wrong = [], seen = e => e.textContent.trim().slice(0, 50);
  const isShown = e => {
    const box = e.getBoundingClientRect(), isForEars = getComputedStyle(e).clip === "rect(0px, 0px, 0px, 0px)";
    return box.width > 1 && box.height > 1 && e.checkVisibility({ opacityProperty: true }) && !isForEars;
  };
  const inSight = e => {
    let { left, right, top, bottom } = e.getBoundingClientRect();
    for (let at = e.parentElement; at; at = at.parentElement) {
      if (!["auto", "scroll", "hidden"].includes(getComputedStyle(at).overflowY)) continue;
      const box = at.getBoundingClientRect();
      [left, right] = [Math.max(left, box.left), Math.min(right, box.right)];
      [top, bottom] = [Math.max(top, box.top), Math.min(bottom, box.bottom)];
    }
    return { left, right, top, bottom };
  };
  const rgb = text => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map(v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const over = (top, below) => {
    const a = top[3] === undefined ? 1 : top[3];
    return [0, 1, 2].map(n => top[n] * a + below[n] * (1 - a));
  };
  const ground = e => {
    const layers = [];
    for (let at = e; at; at = at.parentElement) {
      const colour = rgb(getComputedStyle(at).backgroundColor);
      if (colour.length && colour[3] !== 0) layers.unshift(colour);
    }
    return layers.reduce((below, top) => over(top, below), [255, 255, 255]);
  };
  for (const root of roots) {
  const edge = Math.min(innerWidth, (root.closest(".pane") || root).getBoundingClientRect().right) + 1;
  for (const e of [root, ...root.querySelectorAll("*")].filter(isShown)) {
    const box = e.getBoundingClientRect(), style = getComputedStyle(e);
    if (box.right > edge) wrong.push("out of its place: " + seen(e));
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own) continue;
    const hides = ["hidden", "clip"].includes(style.overflowX) && style.textOverflow !== "ellipsis";
    if (hides && e.scrollWidth > e.clientWidth + 1) wrong.push("cut off: " + seen(e));
    if (e.matches(":disabled, option") || e.closest("[aria-hidden=true], .veil")) continue;
    const back = ground(e), ink = over(rgb(style.color), back);
    const [dark, bright] = [light(ink), light(back)].sort((a, b) => a - b);
    const size = parseFloat(style.fontSize), least = size >= 24 || (size >= 18.6 && style.fontWeight >= 700) ? 3 : 4.5;
    const ratio = (bright + 0.05) / (dark + 0.05);
    if (ratio < least) wrong.push("hardly to be read (" + ratio.toFixed(1) + "): " + seen(e));
  }
  const touched = [...root.querySelectorAll("button, a.button, select, input, textarea, img, video")].filter(isShown);
  const boxes = touched.filter(e => !e.closest(".tools, .veil")).map(e => [e, inSight(e)])
    .filter(([, box]) => box.right > box.left && box.bottom > box.top);
  boxes.forEach(([one, a], n) => boxes.slice(n + 1).forEach(([other, b]) => {
    const apart = a.right <= b.left + 1 || b.right <= a.left + 1 || a.bottom <= b.top + 1 || b.bottom <= a.top + 1;
    const isInside = one.contains(other) || other.contains(one);
    if (!apart && !isInside) wrong.push("over one another: " + seen(one) + " / " + seen(other));
  }));
  }
  return [...new Set(wrong)];
}"""


async def problems(place: Locator) -> list[str]:
    """What a person would stumble over in this place, each thing once."""
    found: list[str] = await place.evaluate_all(_LOOK)
    return sorted(found)
