// The keys j and k go to the next and the previous thread, unless somebody types or has
// switched them off.
const tops = [...document.querySelectorAll("[data-top]")];
const box = document.querySelector("[data-keys]");
const typing = "input:not([type=checkbox]), textarea, select, [contenteditable]";
const TOP = 40;

const read = () => {
  try { return localStorage.getItem("thread-keys"); } catch { return null; }
};
const keep = (value) => {
  try { localStorage.setItem("thread-keys", value); } catch { /* it is forgotten */ }
};

// The thread with the focus in it, or else the one at the top of the window.
const isPassed = (top) => {
  const active = document.activeElement;
  if (!active?.closest("[data-thread] .thread")) return top.getBoundingClientRect().top < TOP;
  return Boolean(active.compareDocumentPosition(top) & Node.DOCUMENT_POSITION_PRECEDING) || top === active;
};

const go = (step) => {
  const top = tops[tops.findLastIndex(isPassed) + step];
  if (!top) return;
  top.tabIndex = -1;
  top.focus({ preventScroll: true });
  top.scrollIntoView({ block: "start" });
};

if (box) {
  box.checked = read() !== "off";
  box.addEventListener("change", () => keep(box.checked ? "on" : "off"));
}

addEventListener("keydown", (event) => {
  const isPlain = !(event.ctrlKey || event.metaKey || event.altKey || event.isComposing);
  if (!isPlain || !box?.checked || event.target.closest?.(typing)) return;
  if (event.key === "j") go(1);
  if (event.key === "k") go(-1);
});
