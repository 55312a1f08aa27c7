// The desk's pages. Progressive enhancement, as in mesa.js: every page works without this file.

// One box selects every ticket of the page; Shift selects from the last one to this one.
let lastChosen = null;
const boxes = () => [...document.querySelectorAll("input[name=ticket]")];
const tellSelected = () => {
  const place = document.querySelector("[data-selected]");
  if (place) place.textContent = String(boxes().filter((box) => box.checked).length);
};
document.addEventListener("click", (event) => {
  const box = event.target.closest?.("input[name=ticket]");
  if (!box) return;
  if (event.shiftKey && lastChosen) {
    const all = boxes();
    const [from, to] = [all.indexOf(lastChosen), all.indexOf(box)].sort((a, b) => a - b);
    if (from >= 0) for (const each of all.slice(from, to + 1)) each.checked = box.checked;
  }
  lastChosen = box;
});
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-select-all]")) {
    for (const box of boxes()) box.checked = event.target.checked;
  }
  if (event.target.matches("[data-select-all], input[name=ticket]")) tellSelected();
  // A filter applies when it is changed; fields without a value stay out of the address.
  if (event.target.closest("[data-submits]")) event.target.form.requestSubmit();
});
document.addEventListener("submit", (event) => {
  if (event.target.method !== "get") return;
  for (const field of event.target.elements) {
    if (field.name && !field.value) field.disabled = true;
  }
});
window.addEventListener("pageshow", () => {
  for (const field of document.querySelectorAll("form[method=get] :disabled")) {
    field.disabled = false;
  }
  tellSelected();
});

// A closed group of the queue opens once; after that the link shows and hides its rows.
document.addEventListener("htmx:beforeRequest", (event) => {
  const link = event.detail.elt;
  const rows = document.getElementById(link.dataset?.opens);
  if (!rows) return;
  const isOpen = link.getAttribute("aria-expanded") === "true";
  link.setAttribute("aria-expanded", String(!isOpen));
  if (rows.rows.length) {
    event.preventDefault();
    rows.hidden = isOpen;
  }
});

// The session has ended: what a page asks for by itself would bring the sign-in page, in place of
// what is being written.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, pathInfo, requestConfig } = event.detail;
  const isByItself = requestConfig?.elt.matches("[data-presence], textarea");
  if (isByItself && xhr.getResponseHeader("HX-Retarget")) event.detail.shouldSwap = false;
  const asked = pathInfo && new URL(pathInfo.requestPath, location.href).pathname;
  const came = xhr.responseURL && new URL(xhr.responseURL).pathname;
  if (asked && came && asked !== came && came.startsWith("/accounts/")) {
    event.detail.shouldSwap = false;
  }
});

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
document.addEventListener("input", (event) => {
  if (event.target.matches("[data-composer] textarea[hx-post]")) unsaved = event.target;
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.elt === unsaved) unsaved = null;
});
document.addEventListener("submit", () => {
  unsaved = null;
});
window.addEventListener("pagehide", () => {
  if (!unsaved) return;
  const kept = new FormData();
  for (const name of ["csrfmiddlewaretoken", "body"]) kept.set(name, unsaved.form.elements[name].value);
  kept.set("kind", unsaved.form.elements.kind.value);
  navigator.sendBeacon(unsaved.getAttribute("hx-post"), kept);
  unsaved = null;
});
document.addEventListener("htmx:configRequest", (event) => {
  if (!event.detail.elt.matches("[data-presence]")) return;
  event.detail.parameters.set("writes", Date.now() - wroteAt < 30000 ? "yes" : "");
});

// The composer is closed until something is written in it; Escape closes it and keeps the text.
const composerOf = (element) => element.closest?.(".desk [data-composer]");
for (const composer of document.querySelectorAll(".desk [data-composer]")) {
  const isEmpty = !composer.querySelector("textarea").value;
  if (isEmpty && !composer.querySelector(".error, .message-error")) composer.classList.add("is-closed");
}
document.addEventListener("focusin", (event) => {
  const composer = composerOf(event.target);
  if (!composer?.classList.contains("is-closed") || event.target.matches("[name=kind]")) return;
  composer.classList.remove("is-closed");
});
document.addEventListener("click", (event) => {
  const composer = composerOf(event.target);
  if (!composer?.classList.contains("is-closed") || !event.target.closest("label")) return;
  composer.classList.remove("is-closed");
  composer.querySelector("textarea").focus();
});
document.addEventListener("change", (event) => {
  const composer = composerOf(event.target);
  if (composer && event.target.matches("[name=kind]")) composer.classList.remove("is-closed");
});
document.addEventListener("keydown", (event) => {
  const composer = event.key === "Escape" && composerOf(event.target);
  if (!composer) return;
  composer.classList.add("is-closed");
  event.target.blur();
});

// The rail is narrow or wide, as the person left it.
const rail = document.querySelector("[data-rail]");
if (rail) {
  rail.hidden = false;
  rail.addEventListener("click", () => {
    const isNarrow = document.querySelector("[data-shell]").classList.toggle("rail-narrow");
    const value = isNarrow ? "narrow" : "wide";
    document.cookie = `rail=${value}; path=/; max-age=31536000; samesite=lax`;
  });
}

// Clocks count down between two readings of the page, in the words of short_duration (durations.py).
const shortDuration = (milliseconds) => {
  const seconds = Math.floor(Math.abs(milliseconds) / 1000);
  if (seconds > 0 && seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24, minutes % 60];
  if (days) return hours ? `${days} d ${hours} h` : `${days} d`;
  if (hours) return rest ? `${hours} h ${String(rest).padStart(2, "0")} min` : `${hours} h`;
  return `${rest} min`;
};
const openedAt = Date.now();
const servedAt = Date.parse(document.querySelector("[data-now]")?.dataset.now ?? "");
const tick = () => {
  // the server's clock, so that a wrong one of this machine does not show
  const now = (Number.isNaN(servedAt) ? openedAt : servedAt) + (Date.now() - openedAt);
  for (const place of document.querySelectorAll("[data-due]")) {
    const left = Date.parse(place.dataset.due) - now;
    place.textContent = `${left < 0 ? "−" : ""}${shortDuration(left)}`;
    if (left < 0) place.closest(".clock").className = "clock clock-late";
  }
};
setInterval(tick, 1000);
