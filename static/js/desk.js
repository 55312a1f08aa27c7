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

// Classification: typing narrows the services; arrows move in both directions of the grid.
const foldedText = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
document.addEventListener("input", (event) => {
  const select = document.getElementById(event.target.dataset?.narrows);
  if (!select) return;
  const words = foldedText(event.target.value).split(/\s+/).filter(Boolean);
  for (const option of select.options) {
    option.hidden = !words.every((word) => foldedText(option.text).includes(word));
  }
  const first = [...select.options].find((option) => option.value && !option.hidden);
  if (!words.length || !first || first.selected) return;
  first.selected = true;
  select.dispatchEvent(new Event("change", { bubbles: true }));
});
document.addEventListener("keydown", (event) => {
  const side = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -4, ArrowDown: 4 }[event.key];
  if (!side || !event.target.matches(".grid-cell input")) return;
  event.preventDefault();
  const cells = [...event.target.closest("table").querySelectorAll("input")];
  const now = cells.indexOf(event.target);
  const isBeside = Math.abs(side) === 1;
  const isEdge = isBeside && Math.floor(now / 4) !== Math.floor((now + side) / 4);
  const next = isEdge ? null : cells[now + side];
  next?.focus();
  next?.click();
});

// Similar tickets stand beside the classification while it is open. The event does not bubble.
document.addEventListener(
  "toggle",
  (event) => {
    if (event.target.id !== "triage" || event.newState !== "open") return;
    document.querySelector(".ticket-side .similar")?.closest(".card").scrollIntoView({ block: "nearest" });
  },
  { capture: true },
);

// The tabs of a ticket on a phone.
document.addEventListener("click", (event) => {
  const tab = event.target.closest?.("[data-shows]");
  if (!tab) return;
  for (const each of tab.parentElement.children) {
    each.setAttribute("aria-pressed", String(each === tab));
  }
  showTab(tab.dataset.shows);
});
const showTab = (name) => {
  const split = document.querySelector(".ticket-split");
  split?.classList.toggle("shows-main", name === "main");
  split?.classList.toggle("shows-side", name === "side");
};

// What a page, or a part of it that htmx brought, needs before it is used.
const prepareDesk = () => {
  for (const tabs of document.querySelectorAll("[data-ticket-tabs][hidden]")) {
    tabs.hidden = false;
    showTab("main");
  }
  for (const typing of document.querySelectorAll("[data-narrows][hidden]")) typing.hidden = false;
  for (const opens of document.querySelectorAll("[popover][data-opens]:not(:popover-open)")) opens.showPopover();
};
document.addEventListener("htmx:afterSettle", (event) => {
  prepareDesk();
  if (event.target.id === "main") {
    window.scrollTo(0, 0);
    document.querySelector("#main h1")?.focus({ preventScroll: true });
  }
  const drawer = event.target.closest?.("dialog.drawer");
  if (drawer && !drawer.open) drawer.showModal();
});
prepareDesk();

// The list of the bell is read each time it is opened. The event does not bubble.
document.addEventListener(
  "toggle",
  (event) => {
    const list = event.target.open && event.target.querySelector("[data-bell]");
    if (list) window.htmx.trigger(list, "opened");
  },
  { capture: true },
);

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
