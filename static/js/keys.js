// Shortcuts of the desk, and the command palette. Keys are compared by what they type (event.key),
// so that they work on every layout. They are written in the page (data-keys): a person may change
// them or switch them off.
const keys = JSON.parse(document.querySelector("[data-keys]")?.dataset.keys ?? "{}");
const nameOf = (key) => {
  const isTicket = Boolean(document.querySelector("[data-ticket]"));
  const isHere = { everywhere: true, queue: !isTicket, ticket: isTicket };
  return Object.keys(keys).find((name) => keys[name][0] === key && isHere[keys[name][1]]);
};
const isTyping = (target) =>
  target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");

// The row that the keyboard is on is the one whose link has the focus.
const rowLinks = () =>
  [...document.querySelectorAll("[data-row] .cell-subject a")].filter((link) => link.offsetParent);
const moveRow = (step) => {
  const links = rowLinks();
  const now = links.indexOf(document.activeElement);
  const next = links[now < 0 ? (step > 0 ? 0 : links.length - 1) : now + step];
  next?.focus();
  next?.closest("tr").scrollIntoView({ block: "nearest" });
};
const rowOf = () => document.activeElement?.closest("[data-row]");
// The ticket of the row beside the list, 480 px wide; it follows the row that has the focus.
const lookAt = (link) => {
  const place = document.getElementById("glance");
  place.hidden = false;
  place.dataset.shows = link.pathname;
  window.htmx.ajax("GET", `${link.pathname}glance/`, { target: "#glance", swap: "innerHTML" });
};
const glance = () => {
  const place = document.getElementById("glance");
  const link = rowOf()?.querySelector(".cell-subject a");
  if (place && (!link || place.dataset.shows === link.pathname) && !place.hidden) {
    place.hidden = true;
    delete place.dataset.shows;
  } else if (place && link) {
    lookAt(link);
  }
};
document.addEventListener("focusin", (event) => {
  const place = document.getElementById("glance");
  if (place && !place.hidden && event.target.matches("[data-row] .cell-subject a")) lookAt(event.target);
});
document.addEventListener("keydown", (event) => {
  const place = event.key === "Escape" && document.getElementById("glance");
  if (place) place.hidden = true;
});
// The form of a step is loaded when it is opened.
const focusOnForm = (step) =>
  step.querySelector("form :is(input:not([type=hidden]), select, textarea, button)")?.focus();
document.addEventListener("htmx:load", (event) => {
  const step = event.target.closest?.(".inline-step[open]");
  if (step) focusOnForm(step);
});
const focusOn = (selector) => {
  const found = document.querySelector(selector);
  found?.closest("details")?.setAttribute("open", "");
  found?.scrollIntoView({ block: "center" });
  found?.focus();
};
// htmx sends the form of the classification from the moment on in which it has loaded it, which is
// a little after it stands in the page.
const ready = new WeakSet();
const isReady = (form) => ready.has(form);
document.addEventListener("htmx:load", (event) => {
  const form = event.target.querySelector?.("#triage");
  if (form) ready.add(form);
});
const classify = () => {
  const form = document.getElementById("triage");
  if (!isReady(form)) {
    // it comes right after the page
    const isAwaited = document.querySelector("[data-triage]");
    if (isAwaited) document.addEventListener("htmx:load", classify, { once: true });
    return;
  }
  if (!form.closest(".ticket-side").offsetParent) document.querySelector("[data-shows=side]").click();
  if (form.popover && !form.matches(":popover-open")) form.showPopover();
  form.querySelector(".grid-cell input:checked")?.focus();
};
document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-triage]") && !isReady(document.getElementById("triage"))) classify();
});
const acts = {
  search: () => focusOn("[data-search]"),
  help: () => document.querySelector("[data-keys-help]").showModal(),
  new: () => document.querySelector("[data-new]")?.click(),
  take: () => document.querySelector("[data-take-next]")?.click(),
  queue: () => document.querySelector("[data-queue]")?.click(),
  next: () => moveRow(1),
  previous: () => moveRow(-1),
  open: () => rowOf()?.querySelector(".cell-subject a").click(),
  glance,
  select: () => rowOf()?.querySelector("input[name=ticket]")?.click(),
  give: () => focusOn("#bulk-assignee"),
  following: () => document.querySelector("[data-next]")?.click(),
  preceding: () => document.querySelector("[data-previous]")?.click(),
  reply: () => write("reply"),
  note: () => write("note"),
  primary: () => document.querySelector("[data-primary]")?.click(),
  assignee: () => focusOn("#panel-assignment select"),
  macro: () => {
    const menu = document.querySelector("[data-choices=macros]");
    menu?.setAttribute("open", "");
    menu?.querySelector("[data-finds-reply]").focus();
  },
  step: () => {
    document.querySelector(".bar-menu")?.setAttribute("open", "");
    document.querySelector(".bar-menu .inline-step > summary")?.focus();
  },
  classify,
  back: () => document.querySelector("[data-back]")?.click(),
  copy: () => navigator.clipboard?.writeText(document.querySelector("[data-ticket]").dataset.ticket),
};
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
  const isRow = event.key === " " && event.target.matches("[data-row] .cell-subject a");
  const name = isRow && keys.glance ? "glance" : nameOf(event.key);
  if (!name) return;
  event.preventDefault();
  acts[name]();
});

// The palette. Pages and acts are those of the open page; tickets come from the server.
const palette = document.querySelector("[data-palette]");
const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
const entries = () => [
  ...[...document.querySelectorAll(".rail-nav a, .queue-lists a, [data-new]")].map((link) => ({
    label: (link.querySelector(".queue-list-name") ?? link).textContent.trim(),
    run: () => link.click(),
  })),
  ...[...document.querySelectorAll("[data-triage]")].map((button) => ({
    label: button.textContent.trim(),
    run: classify,
  })),
  ...[...document.querySelectorAll(".steps .inline-step > summary")].map((summary) => ({
    label: summary.textContent.trim(),
    run: () => {
      for (const each of [summary.closest(".bar-menu"), summary.parentElement]) each?.setAttribute("open", "");
      focusOnForm(summary.parentElement);
    },
  })),
];
const showLocal = (typed) => {
  const place = palette.querySelector("[data-palette-local]");
  const words = folded(typed).split(/\s+/).filter(Boolean);
  const fitting = entries().filter((each) => words.every((word) => folded(each.label).includes(word)));
  place.replaceChildren(
    ...fitting.slice(0, 8).map((each) => {
      const item = document.createElement("button");
      item.type = "button";
      item.className = "palette-item";
      item.setAttribute("role", "option");
      item.textContent = each.label;
      item.addEventListener("click", (event) => {
        event.stopPropagation(); // a click elsewhere closes the menu that the step opens
        palette.close();
        each.run();
      });
      return item;
    }),
  );
  choose(0);
};
const items = () => [...palette.querySelectorAll(".palette-item")];
const chosen = () => items().findIndex((item) => item.getAttribute("aria-selected") === "true");
const choose = (place) => {
  const all = items();
  all.forEach((item, number) => item.setAttribute("aria-selected", String(number === place)));
  all[place]?.scrollIntoView({ block: "nearest" });
};
if (palette) {
  const input = palette.querySelector("input");
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.key.toLowerCase() !== "k") return;
    event.preventDefault();
    input.value = "";
    document.getElementById("palette-tickets").replaceChildren();
    showLocal("");
    palette.showModal();
  });
  input.addEventListener("input", () => showLocal(input.value));
  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      choose(Math.max(0, Math.min(items().length - 1, chosen() + step)));
    } else if (event.key === "Enter") {
      event.preventDefault();
      items()[chosen()]?.click();
    } else if (event.key === "Escape") {
      event.preventDefault(); // the browser would only empty the field
      palette.close();
    }
  });
  // a number typed in full is the ticket: what the server found comes first then
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target?.id !== "palette-tickets") return;
    const local = palette.querySelector("[data-palette-local]").children.length;
    choose(local && !/^\D{0,6}-?\d+$/.test(input.value.trim()) ? 0 : local);
  });
}
for (const dialog of document.querySelectorAll("dialog")) {
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
}
