// Marks what is new on a page since the last visit. What was seen stays in the browser.
const comments = [...document.querySelectorAll("[data-number]")];
const button = document.querySelector("[data-next-new]");
const numberOf = (comment) => Number(comment.dataset.number);
const key = `seen ${location.pathname}${location.search}`;

// Loaded again in the same tab, a page still shows what was new at first.
const lastSeen = () => {
  try {
    const seen = sessionStorage.getItem(key) ?? localStorage.getItem(key);
    if (seen) sessionStorage.setItem(key, seen);
    localStorage.setItem(key, Math.max(...comments.map(numberOf)));
    return seen ? Number(seen) : Infinity;
  } catch {
    return Infinity;
  }
};

const seen = comments.length ? lastSeen() : Infinity;
const fresh = comments.filter((comment) => numberOf(comment) > seen);

for (const comment of fresh) {
  const word = document.createElement("span");
  word.className = "comment__new";
  word.textContent = button?.dataset.word ?? "";
  comment.querySelector("h3")?.prepend(word);
}

if (button && fresh.length) {
  const words = fresh.length === 1 ? button.dataset.one : button.dataset.many;
  button.textContent = words.replace("#", fresh.length);
  button.hidden = false;
  button.addEventListener("click", () => {
    const next = fresh.shift();
    fresh.push(next);
    for (const branch of document.querySelectorAll("details")) {
      if (branch.contains(next)) branch.open = true;
    }
    next.tabIndex = -1;
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "start" });
  });
}
