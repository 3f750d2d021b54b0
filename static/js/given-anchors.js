// An old link names a comment by the id that its source gave it. When that comment is
// on a later page of the discussion, the server knows which.
const id = /^#comment-([\w-]+)$/.exec(location.hash)?.[1];

if (id && !document.getElementById(`comment-${id}`)) {
  location.replace(new URL(`${id}/`, location.origin + location.pathname));
}
