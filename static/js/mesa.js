// Progressive only: everything works without it.

// One box selects every ticket of the page.
for (const all of document.querySelectorAll("[data-select-all]")) {
  all.addEventListener("change", () => {
    for (const box of document.querySelectorAll("input[name=ticket]")) box.checked = all.checked;
  });
}

// The composer shows the expected time only for an attention statement.
for (const composer of document.querySelectorAll("[data-composer]")) {
  const field = composer.querySelector("[name=estimated_at]")?.closest(".field");
  const show = () => {
    const kind = composer.querySelector("[name=kind]:checked")?.value;
    if (field) field.hidden = kind !== "statement";
    composer.classList.toggle("entry-note", kind === "note");
  };
  composer.addEventListener("change", show);
  show();
}

// A picture in the clipboard is attached where a file can be.
for (const area of document.querySelectorAll("form textarea")) {
  area.addEventListener("paste", (event) => {
    const input = area.form.querySelector("input[type=file]");
    if (!input || !event.clipboardData?.files.length) return;
    const files = new DataTransfer();
    for (const file of [...input.files, ...event.clipboardData.files]) files.items.add(file);
    input.files = files.files;
    event.preventDefault();
  });
}

// Ctrl+Enter sends; a form is sent once.
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.form) event.target.form.requestSubmit();
});
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// A menu closes with Escape or a click elsewhere.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false;
});

// What is scrolled with a finger can be scrolled with the keyboard.
for (const region of document.querySelectorAll(".django-admin fieldset.module")) {
  if (region.scrollWidth > region.clientWidth) region.tabIndex = 0;
}

// A page that waits for work in the background asks again by itself; what it says is put in its place, and the whole page at the end.
const waiting = () => document.querySelector("[data-ask-again]");
const askAgain = async () => {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  const text = answer?.ok && answer.headers.get("Content-Type")?.startsWith("text/html") ? await answer.text() : null;
  const region = text && new DOMParser().parseFromString(text, "text/html").querySelector("[data-ask-again]");
  if (answer?.ok && !region) return location.reload();
  if (region && !waiting().contains(document.activeElement)) waiting().innerHTML = region.innerHTML;
  setTimeout(askAgain, 2000);
};
if (waiting()) setTimeout(askAgain, 2000);

// Printing needs a script, so its button comes with it.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
