// Shows the controls that need scripts, folds and unfolds all branches of a thread, and
// unfolds those around the comment that a link or the address names.
const thread = document.querySelector("[data-thread]");
const controls = thread.querySelector("template[data-thread-tools]");

const setAll = (isOpen) => {
  for (const branch of thread.querySelectorAll("details")) branch.open = isOpen;
};

const unfoldAround = (hash) => {
  const named = hash.length > 1 && document.getElementById(hash.slice(1));
  const folded = [];
  for (const branch of thread.querySelectorAll("details:not([open])")) {
    if (named && branch.contains(named)) folded.push(branch);
  }
  for (const branch of folded) branch.open = true;
  return folded.length > 0 && named;
};

if (controls) controls.replaceWith(controls.content);

thread.addEventListener("click", (event) => {
  if (event.target.closest("[data-fold-all]")) setAll(false);
  if (event.target.closest("[data-unfold-all]")) setAll(true);
  const link = event.target.closest("a[href^='#']");
  if (link) unfoldAround(link.hash);
});
addEventListener("hashchange", () => unfoldAround(location.hash)?.scrollIntoView?.());
