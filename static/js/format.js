// The marks of formatted texts: buttons that put them around what is selected, and a preview. They
// are written as if they had been typed, so that undoing takes them back.

const typeInto = (area, text) => {
  area.focus();
  if (!document.execCommand("insertText", false, text)) {
    area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }
};

// Puts marks around the selection, or takes them away; without a selection the cursor stands between.
const surround = (area, before, after = before) => {
  const { selectionStart: start, selectionEnd: end, value } = area;
  const chosen = value.slice(start, end);
  const isMarked =
    value.slice(start - before.length, start) === before && value.slice(end, end + after.length) === after;
  if (isMarked) {
    area.setSelectionRange(start - before.length, end + after.length);
    typeInto(area, chosen);
    area.setSelectionRange(start - before.length, end - before.length);
    return;
  }
  typeInto(area, before + chosen + after);
  area.setSelectionRange(start + before.length, start + before.length + chosen.length);
};

// Puts a mark before each line of the selection.
const begin = (area, mark) => {
  const { selectionStart, selectionEnd, value } = area;
  const start = value.lastIndexOf("\n", selectionStart - 1) + 1;
  const stop = value.indexOf("\n", selectionEnd);
  const end = stop < 0 ? value.length : stop;
  const lines = value.slice(start, end).split("\n");
  area.setSelectionRange(start, end);
  typeInto(area, lines.map((line, place) => mark(place) + line).join("\n"));
};

const marks = {
  bold: (area) => surround(area, "**"),
  list: (area) => begin(area, () => "- "),
  numbers: (area) => begin(area, (place) => `${place + 1}. `),
  code: (area) => {
    const chosen = area.value.slice(area.selectionStart, area.selectionEnd);
    if (chosen.includes("\n")) surround(area, "```\n", "\n```");
    else surround(area, "`");
  },
  link: (area) => {
    const start = area.selectionStart;
    const chosen = area.value.slice(start, area.selectionEnd);
    const isAddress = /^(https?:\/\/|mailto:)\S+$/i.test(chosen);
    typeInto(area, isAddress ? `[](${chosen})` : `[${chosen}](https://)`);
    const place = isAddress ? start + 1 : start + chosen.length + 3;
    area.setSelectionRange(place, isAddress ? place : place + "https://".length);
  },
};

const areaOf = (bar) => document.getElementById(bar.dataset.formats);
const shows = (bar, isShown) => {
  const area = areaOf(bar);
  bar.querySelector("[data-previews]").setAttribute("aria-pressed", String(isShown));
  for (const button of bar.querySelectorAll("[data-mark]")) button.disabled = isShown;
  area.hidden = isShown;
  area.parentElement.querySelector(".preview").hidden = !isShown;
};
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-formats] button");
  if (!button) return;
  const bar = button.closest("[data-formats]");
  if (button.dataset.mark) marks[button.dataset.mark](areaOf(bar));
  else shows(bar, button.getAttribute("aria-pressed") !== "true");
});
document.addEventListener("keydown", (event) => {
  const isBold = (event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "b";
  if (!isBold || !event.target.matches?.("textarea")) return;
  const bar = document.querySelector(`[data-formats="${CSS.escape(event.target.id)}"]`);
  if (!bar) return;
  event.preventDefault();
  marks.bold(event.target);
});
// A form that is sent or emptied shows its text again.
document.addEventListener("reset", (event) => {
  for (const bar of event.target.querySelectorAll("[data-formats]")) shows(bar, false);
});
