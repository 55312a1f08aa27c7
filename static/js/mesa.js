// Progressive enhancement only: every page works without this file. Handlers are attached to the
// document, so that they also apply to content that htmx swaps in later.


// The composer shows the expected time only for an attention statement, and of its parts those of
// the kind that is written and of the step that goes with it.
const showFieldsOf = (composer) => {
  const field = composer.querySelector("[name=estimated_at]")?.closest(".field");
  const kind = composer.querySelector("[name=kind]:checked")?.value;
  if (field) field.hidden = kind !== "statement";
  for (const part of composer.querySelectorAll("[data-kind]")) {
    part.hidden = !part.dataset.kind.split(" ").includes(kind);
  }
  const step = kind === "reply" && composer.querySelector("[name=then]:checked")?.value;
  for (const part of composer.querySelectorAll("[data-then]")) part.hidden = part.dataset.then !== step;
  composer.classList.toggle("entry-note", kind === "note");
};
document.addEventListener("change", (event) => {
  const composer = event.target.closest("[data-composer]");
  if (composer) showFieldsOf(composer);
});

// Files that are pasted into a text or dropped on its form are attached to it.
const setFiles = (input, files) => {
  const chosen = new DataTransfer();
  for (const file of files) chosen.items.add(file);
  input.files = chosen.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
};
const fileInputOf = (element) => element.closest?.("form")?.querySelector("input[type=file]");
document.addEventListener("paste", (event) => {
  const input = event.target.matches("form textarea") && fileInputOf(event.target);
  if (!input || !event.clipboardData?.files.length) return;
  setFiles(input, [...input.files, ...event.clipboardData.files]);
  event.preventDefault();
});
for (const name of ["dragover", "drop"]) {
  document.addEventListener(name, (event) => {
    const input = event.dataTransfer?.types.includes("Files") && fileInputOf(event.target);
    if (!input) return;
    event.preventDefault();
    if (name === "drop") setFiles(input, [...input.files, ...event.dataTransfer.files]);
  });
}
// The chosen files, each with a picture where it is one, and a button that takes it away.
document.addEventListener("change", (event) => {
  const input = event.target;
  if (!input.matches("input[type=file][multiple]")) return;
  let list = input.parentElement.querySelector(".chosen-files");
  if (!list) {
    list = document.createElement("ul");
    list.className = "chosen-files";
    input.after(list);
  }
  for (const picture of list.querySelectorAll("img")) URL.revokeObjectURL(picture.src);
  list.replaceChildren(...[...input.files].map((file) => chosenFile(input, file)));
});
const chosenFile = (input, file) => {
  const item = document.createElement("li");
  if (/^image\/(png|jpeg|gif|webp)$/.test(file.type)) {
    const picture = document.createElement("img");
    picture.src = URL.createObjectURL(file);
    picture.alt = "";
    item.append(picture);
  }
  const name = document.createElement("span");
  name.textContent = file.name;
  const away = document.createElement("button");
  away.type = "button";
  away.textContent = "×";
  away.setAttribute("aria-label", `${document.body.dataset.takeAway ?? ""} ${file.name}`.trim());
  away.addEventListener("click", () => {
    setFiles(input, [...input.files].filter((each) => each !== file));
  });
  item.append(name, away);
  return item;
};

// A form with more than the server reads at once stays on the page: sent, its text would be lost.
// The limits lie below DATA_UPLOAD_MAX_* of the settings.
const isTooMuch = (form) => {
  const plain = form.enctype !== "multipart/form-data";
  let files = 0;
  let fields = 0;
  let bytes = 0;
  for (const [name, value] of new FormData(form)) {
    if (value instanceof File) files += 1;
    else bytes += plain ? encodeURIComponent(name + value).length : new Blob([name, value]).size;
    fields += 1;
  }
  return files > 400 || fields > 9000 || bytes > 11 * 1024 * 1024;
};
// Shows a message of the page's templates at the head of a form; null takes the last one away.
const tell = (form, template) => {
  form.querySelector(":scope > [data-told]")?.remove();
  if (template === null) return;
  form.prepend(document.getElementById(template).content.cloneNode(true));
  form.querySelector("[data-told]").focus();
};

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
    const isRefused = !form.dataset.sent && isTooMuch(form);
    tell(form, isRefused ? "too-much" : null);
    if (form.dataset.sent || isRefused) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
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
// htmx leaves the page as it is when the server fails or does not answer.
for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(failure, (event) => {
    const form = event.detail.elt.closest("form");
    const isKept = !event.detail.xhr?.status || event.detail.xhr.status >= 500;
    const isHint = event.detail.elt.matches("[data-hint]");
    if (form?.method === "post" && isKept && !isHint) tell(form, "not-answered");
  });
}

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
// A panel that is replaced keeps the focus: where it was when the request began, if it is nowhere now.
const focusedBefore = new WeakMap();
document.addEventListener("htmx:beforeRequest", (event) => {
  focusedBefore.set(event.detail.xhr, document.activeElement?.id ?? "");
});
document.addEventListener("htmx:afterSettle", (event) => {
  prepare(event.target.parentNode ?? document);
  event.target.querySelector("[autofocus]")?.focus();
  const id = event.target.matches?.(".panel-slot") && focusedBefore.get(event.detail.xhr);
  if (id && document.activeElement === document.body) document.getElementById(id)?.focus({ preventScroll: true });
});
prepare(document);
