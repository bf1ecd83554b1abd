// Closes what folds over the page (the menu on small screens) on Escape, giving the focus back to its handle.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = document.querySelector("details.topbar[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});
