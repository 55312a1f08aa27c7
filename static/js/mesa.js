// Progressive enhancement only: every page works without this file. Handlers are attached to the
// document, so that they also apply to content that htmx swaps in later.

// One box selects every ticket of the page.
document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-select-all]")) return;
  for (const box of document.querySelectorAll("input[name=ticket]")) {
    box.checked = event.target.checked;
  }
});

// The composer shows the expected time only for an attention statement.
const showFieldsOf = (composer) => {
  const field = composer.querySelector("[name=estimated_at]")?.closest(".field");
  const kind = composer.querySelector("[name=kind]:checked")?.value;
  if (field) field.hidden = kind !== "statement";
  composer.classList.toggle("entry-note", kind === "note");
};
document.addEventListener("change", (event) => {
  const composer = event.target.closest("[data-composer]");
  if (composer) showFieldsOf(composer);
});

// Pasting files into a textarea attaches them to the form's file input.
document.addEventListener("paste", (event) => {
  if (!event.target.matches("form textarea")) return;
  const input = event.target.form.querySelector("input[type=file]");
  if (!input || !event.clipboardData?.files.length) return;
  const files = new DataTransfer();
  for (const file of [...input.files, ...event.clipboardData.files]) files.items.add(file);
  input.files = files.files;
  event.preventDefault();
});

// Ctrl+Enter submits; a second submit of the same POST form is blocked.
document.addEventListener("keydown", (event) => {
  const sends = event.key === "Enter" && (event.ctrlKey || event.metaKey);
  if (sends && event.target.form) event.target.form.requestSubmit();
});
document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.dataset.sent) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
    form.dataset.sent = "yes";
  },
  { capture: true },
);
// A form that outlived its session is sent with the token of the new one: signing in in another tab
// has replaced the token of this page.
document.addEventListener(
  "submit",
  (event) => {
    if (!event.target.matches("[data-fresh-token]")) return;
    const token = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
    if (token) event.target.querySelector("[name=csrfmiddlewaretoken]").value = token;
  },
  { capture: true },
);
const allowSending = (root) => {
  for (const form of root.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
};
window.addEventListener("pageshow", () => allowSending(document));
document.addEventListener("htmx:afterRequest", () => allowSending(document));

// A menu closes with Escape or a click elsewhere.
const closeMenus = (clicked) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(clicked)) menu.open = false;
  }
};
document.addEventListener("click", (event) => closeMenus(event.target));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeMenus(null);
});

// Initializes a page, or a part of it that htmx has swapped in.
const prepare = (root) => {
  for (const composer of root.querySelectorAll("[data-composer]")) showFieldsOf(composer);
  // Make regions that scroll sideways focusable, so that the keyboard can scroll them.
  for (const region of root.querySelectorAll(".django-admin fieldset.module")) {
    if (region.scrollWidth > region.clientWidth) region.tabIndex = 0;
  }
  // The print button needs JavaScript: show it only here.
  for (const button of root.querySelectorAll("[data-print]")) button.hidden = false;
};
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});
// Browsers keep one <details> open per name. Close the old ones before a swap, so that the new one
// may open.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (!event.detail.shouldSwap) return;
  for (const old of event.detail.target.querySelectorAll("details[name]")) old.open = false;
});
document.addEventListener("htmx:afterSettle", (event) => {
  prepare(event.target.parentNode ?? document);
  event.target.querySelector("[autofocus]")?.focus();
});
prepare(document);
