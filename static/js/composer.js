// What an agent writes on a ticket: the composer, its draft, saved replies and people to mention.

// The open ticket says whether the person is writing in it.
let wroteAt = 0;
document.addEventListener("input", (event) => {
  if (event.target.matches("textarea")) wroteAt = Date.now();
});
document.addEventListener("submit", () => {
  wroteAt = 0;
});
// What was typed in the last second is kept too when the page is left.
let unsaved = null;
// A draft is not kept any more once its text is being sent. What was kept last goes along, so that
// the server drops that draft too.
document.addEventListener("htmx:confirm", (event) => {
  const isDraft = event.target.matches("[data-composer] textarea[hx-post]");
  if (isDraft && event.target.form.dataset.sending !== undefined) event.preventDefault();
});
document.addEventListener("htmx:configRequest", (event) => {
  const { elt, parameters } = event.detail;
  if (elt.matches("form[data-composer]")) {
    elt.dataset.sending = "";
    parameters.set("kept", elt.dataset.kept ?? elt.querySelector("textarea").defaultValue);
  } else if (elt.matches("[data-composer] textarea[hx-post]")) {
    elt.form.dataset.kept = elt.value;
  }
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.elt.matches("form[data-composer]")) delete event.detail.elt.dataset.sending;
});
document.addEventListener("input", (event) => {
  if (event.target.matches("[data-composer] textarea[hx-post]")) unsaved = event.target;
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.elt === unsaved) unsaved = null;
});
document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-composer]")) unsaved = null;
});
const keepUnsaved = () => {
  if (!unsaved?.form) return;
  const kept = new FormData();
  for (const name of ["csrfmiddlewaretoken", "body"]) kept.set(name, unsaved.form.elements[name].value);
  kept.set("kind", unsaved.form.elements.kind.value);
  navigator.sendBeacon(unsaved.getAttribute("hx-post"), kept);
  unsaved = null;
};
window.addEventListener("pagehide", keepUnsaved);
document.addEventListener("htmx:configRequest", (event) => {
  if (!event.detail.elt.matches("[data-presence]")) return;
  event.detail.parameters.set("writes", Date.now() - wroteAt < 30000 ? "yes" : "");
});

// The composer is closed until something is written in it; Escape closes it and keeps the text.
const composerOf = (element) => element.closest?.(".desk [data-composer]");
document.addEventListener("focusin", (event) => {
  const composer = composerOf(event.target);
  if (!composer?.classList.contains("is-closed") || event.target.matches("[name=kind]")) return;
  composer.classList.remove("is-closed");
});
document.addEventListener("click", (event) => {
  const composer = composerOf(event.target);
  const isPointed = event.detail > 0; // an arrow key that chooses a kind clicks too
  if (!isPointed || !composer?.classList.contains("is-closed") || !event.target.closest("label")) return;
  composer.classList.remove("is-closed");
  composer.querySelector("textarea").focus();
});
document.addEventListener("change", (event) => {
  const composer = composerOf(event.target);
  if (composer && event.target.matches("[name=kind]")) composer.classList.remove("is-closed");
  if (event.target.matches("[name=goes_on]")) localStorage.setItem("goes-on", event.target.checked);
});
document.addEventListener("click", (event) => {
  if (!event.target.closest?.("[data-closes-composer]")) return;
  composerOf(event.target).classList.add("is-closed");
});
document.addEventListener("keydown", (event) => {
  const composer = event.key === "Escape" && composerOf(event.target);
  const menu = event.target.closest?.("details.menu[open]");
  if (!composer || event.target.closest("[data-choices]")) return;
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
    return;
  }
  composer.classList.add("is-closed");
  composer.querySelector("[name=kind]:checked").focus();
});
// What the reply does too: a click chooses and closes the menu, so does Enter after the arrows.
const closeThen = (choice) => {
  choice.closest("details").open = false;
  choice.closest("form").querySelector("textarea").focus();
};
document.addEventListener("click", (event) => {
  if (event.detail > 0 && event.target.matches?.("[name=then]")) closeThen(event.target);
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.ctrlKey || event.metaKey || !event.target.matches("[name=then]")) return;
  event.preventDefault(); // it does not send
  closeThen(event.target);
});
// Opens the composer for a kind of message and the step that goes with it.
const write = (kind, step = "") => {
  const composer = document.querySelector("[data-composer]");
  const choice = composer?.querySelector(`[name=kind][value=${kind}]`);
  if (!choice) return;
  const text = composer.querySelector("textarea");
  // what is being written stays what it is: a note does not become a reply by a key
  if (!text.value.trim() || step) choice.checked = true;
  const then = composer.querySelector(`[name=then][value="${step}"]`);
  if (then) then.checked = true;
  composer.querySelector("[name=kind]:checked").dispatchEvent(new Event("change", { bubbles: true }));
  text.focus();
  text.setSelectionRange(text.value.length, text.value.length);
  composer.scrollIntoView({ block: "nearest" });
};
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-then]");
  if (!link || !document.querySelector("[data-composer]")) return;
  event.preventDefault();
  write("reply", link.dataset.then);
});
// Ctrl+Shift+Enter in a reply solves too, and goes on with the next ticket.
document.addEventListener(
  "keydown",
  (event) => {
    const composer = composerOf(event.target);
    const solves = event.key === "Enter" && event.shiftKey && (event.ctrlKey || event.metaKey);
    if (!composer || !solves) return;
    const step = composer.querySelector("[name=then][value=solve]");
    if (!step || composer.querySelector("[name=kind]:checked").value !== "reply") return;
    step.checked = true;
    const goesOn = composer.querySelector("[name=goes_on]");
    if (goesOn) goesOn.checked = true;
  },
  { capture: true },
);

// Saved replies: "/" at the beginning of a line opens the list; people to mention in a note: "@" at
// the beginning of a word. Typing narrows the list.
const openChoices = (menu, sign) => {
  menu.dataset.sign = sign;
  menu.open = true;
  menu.querySelector("[data-finds-reply]").focus();
};
document.addEventListener("keydown", (event) => {
  const composer = composerOf(event.target);
  if (!composer || !event.target.matches("textarea") || !["/", "@"].includes(event.key)) return;
  const isMention = event.key === "@";
  const menu = composer.querySelector(`[data-choices=${isMention ? "mentions" : "replies"}]`);
  if (!menu || (isMention && composer.querySelector("[name=kind]:checked").value !== "note")) return;
  const { value, selectionStart } = event.target;
  const before = selectionStart ? value[selectionStart - 1] : "\n";
  if (!(isMention ? /\s/ : /\n/).test(before)) return;
  event.preventDefault();
  openChoices(menu, event.key);
});
const insertText = (composer, words) => {
  const text = composer.querySelector("textarea");
  text.setRangeText(words, text.selectionStart, text.selectionEnd, "end");
  text.focus();
  text.dispatchEvent(new Event("input", { bubbles: true }));
};
const shownReplies = (menu) => [...menu.querySelectorAll(".reply-choice")].filter((each) => !each.hidden);
document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-finds-reply]")) return;
  const words = foldedText(event.target.value).split(/\s+/).filter(Boolean);
  for (const choice of event.target.closest("details").querySelectorAll(".reply-choice")) {
    choice.hidden = !words.every((word) => foldedText(choice.textContent).includes(word));
  }
});
document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("[data-choices]");
  if (!menu) return;
  const choices = shownReplies(menu);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === "Enter" && event.target.matches("[data-finds-reply]")) {
    event.preventDefault();
    choices[0]?.click();
  } else if (step) {
    event.preventDefault();
    choices[choices.indexOf(document.activeElement) + step]?.focus();
  } else if (event.key === "Escape") {
    event.stopPropagation();
    menu.open = false;
    const composer = menu.closest("form");
    if (composer) insertText(composer, menu.dataset.sign ?? ""); // what was typed stands there
    else menu.querySelector("summary").focus();
    delete menu.dataset.sign;
  }
});
document.addEventListener("click", (event) => {
  const choice = event.target.closest?.("[data-inserts]");
  if (!choice) return;
  const menu = choice.closest("details");
  menu.open = false;
  delete menu.dataset.sign;
  insertText(choice.closest("form"), choice.dataset.inserts);
});

// What the composer needs before it is used.
const prepareComposer = () => {
  for (const composer of document.querySelectorAll(".desk [data-composer]:not([data-ready])")) {
    composer.dataset.ready = "";
    const isEmpty = !composer.querySelector("textarea").value;
    if (isEmpty && !composer.querySelector(".error, .message-error")) composer.classList.add("is-closed");
    composer.querySelector(".composer-close").hidden = false;
    const goesOn = composer.querySelector("[name=goes_on]");
    if (goesOn) goesOn.checked = localStorage.getItem("goes-on") === "true";
  }
};
// A ticket page that takes the place of the open one, without a page load. What is being written on
// the same ticket goes with it, unless it has just been sent.
let isSent = false;
let isTakenBack = false;
let written = null;
document.addEventListener("htmx:afterRequest", (event) => {
  // htmx does not say that a request was successful whose answer names another page
  if (event.detail.elt.matches("form[data-composer]")) isSent = event.detail.xhr.status < 400;
  if (event.detail.elt.matches("form")) isTakenBack = event.detail.elt.action.endsWith("/take-back/");
});
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target?.id !== "main") return;
  const composer = document.querySelector("[data-composer]");
  const { body, attachments } = composer?.elements ?? {};
  keepUnsaved();
  const hasSomething = body?.value.trim() || attachments?.files.length;
  written = hasSomething && !isSent ? new FormData(composer) : null;
  written?.set("ticket", composer.action);
  isSent = false;
});
const writeAgain = (composer) => {
  if (!written || written.get("ticket") !== composer?.action) return;
  const { body, kind, attachments } = composer.elements;
  const typed = written.get("body");
  const restored = isTakenBack ? body.value.trim() : "";
  if (!restored) body.value = typed;
  else if (!restored.endsWith(typed.trim())) body.value = `${restored}\n\n${typed}`;
  // a note that was being written does not become a reply
  const isMixed = restored && [kind.value, written.get("kind")].includes("note");
  kind.value = isMixed ? "note" : written.get("kind");
  const files = new DataTransfer();
  for (const file of written.getAll("attachments")) if (file.size) files.items.add(file);
  attachments.files = files.files;
  attachments.dispatchEvent(new Event("change", { bubbles: true }));
  kind[0].dispatchEvent(new Event("change", { bubbles: true }));
  if (!body.value) composer.classList.add("is-closed");
};
document.addEventListener("htmx:afterSettle", (event) => {
  prepareComposer();
  if (event.target.id !== "main") return;
  writeAgain(document.querySelector("[data-composer]"));
  written = null;
});
prepareComposer();
