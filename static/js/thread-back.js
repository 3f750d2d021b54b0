// Who follows “in reply to #6” to that comment finds a link back there.
const thread = document.querySelector("[data-thread]");

thread.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (link?.matches("[data-back-link]")) {
    link.remove();
    return;
  }
  if (!link?.matches("[data-parent][href^='#']")) return;
  const from = link.closest("[data-number]");
  const there = document.getElementById(link.hash.slice(1));
  if (!there) return;
  thread.querySelector("[data-back-link]")?.remove();
  const back = document.createElement("a");
  back.href = `#${from.id}`;
  back.dataset.backLink = "";
  back.textContent = thread.dataset.back.replace("#", `#${from.dataset.number}`);
  there.querySelector("[data-links]")?.append(back);
});
