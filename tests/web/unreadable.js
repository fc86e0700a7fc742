// What on a page cannot be read, is cut off, or is too small to be pressed.
() => {
  const parse = words => (words.match(/[\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => { const f = [r, g, b].map(v => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4 });
    return 0.2126 * f[0] + 0.7152 * f[1] + 0.0722 * f[2] };
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const drawn = (...colours) => { canvas.clearRect(0, 0, 1, 1); for (const one of colours) { canvas.fillStyle = one; canvas.fillRect(0, 0, 1, 1) }
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3) };
  const bad = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
    const style = getComputedStyle(element), box = element.getBoundingClientRect();
    if (!own || style.visibility !== "visible" || !box.width || !box.height || ["OPTION", "SCRIPT", "STYLE"].includes(element.tagName)) continue;
    if (element.closest("thead") && getComputedStyle(element.closest("thead")).position === "absolute") continue;
    const under = []; for (let up = element; up; up = up.parentElement) under.unshift(getComputedStyle(up).backgroundColor);
    const [below, ink] = [light(drawn(...under)), light(drawn(...under, style.color))];
    const ratio = (Math.max(below, ink) + 0.05) / (Math.min(below, ink) + 0.05);
    if (ratio < 4.5) bad.push(`${element.tagName} "${element.textContent.trim().slice(0, 30)}": contrast ${ratio.toFixed(2)}`);
    if (box.right > innerWidth + 1 && !element.closest(".tables")) bad.push(`${element.tagName} "${element.textContent.trim().slice(0, 30)}": beyond the window`);
  }
  for (const element of document.querySelectorAll("a, button, input, select, textarea")) {
    const box = element.getBoundingClientRect();
    if (innerWidth < 500 && box.height && Math.min(box.height, box.width) < 23.5) bad.push(`${element.tagName} "${element.textContent.slice(0, 20)}": ${Math.round(box.height)} px high`);
  }
  if (document.documentElement.scrollWidth > innerWidth) bad.push("wider than the window");
  return bad;
}
