// A list that stays at its newest message while a person reads there, and stays put while they read further up.

const NEAR = 48;

/** `list` scrolls, its first child grows. The attribute `data-away` says that the newest is out of sight. */
export function stickToNewest(list) {
  let stuck = true;
  list.addEventListener("scroll", () => {
    stuck = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR;
    list.toggleAttribute("data-away", !stuck);
  });
  const follow = () => {
    if (stuck) list.scrollTop = list.scrollHeight;
  };
  const watch = new ResizeObserver(follow);
  watch.observe(list);
  watch.observe(list.firstElementChild);
}

export function toNewest(list) {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  list.scrollTo({ top: list.scrollHeight, behavior: still ? "instant" : "smooth" });
}
