// Team load: a ticket is dragged from one person to another; several, when they are selected. The
// address holds which people are opened.
const team = document.querySelector(".team");
const openedPeople = () =>
  [...team.querySelectorAll("[data-opens][aria-expanded=true]")].map((link) => link.dataset.opens.slice(7));
const keepOpened = () => {
  const address = new URL(location);
  address.searchParams.set("open", openedPeople().join(","));
  if (!openedPeople().length) address.searchParams.delete("open");
  history.replaceState(history.state, "", address);
  const bulk = document.getElementById("bulk");
  bulk.elements.next.value = address.pathname + address.search;
};
document.addEventListener("htmx:afterSettle", (event) => {
  if (!event.target.matches?.(".team-tickets")) return;
  for (const row of event.target.querySelectorAll("[data-row]")) row.draggable = true;
  keepOpened();
});
document.addEventListener("click", (event) => {
  if (event.target.closest?.(".team-name")) setTimeout(keepOpened);
});

let dragged = [];
document.addEventListener("dragstart", (event) => {
  const row = event.target.closest?.(".team [data-row]");
  if (!row) return;
  const own = row.querySelector("[name=ticket]");
  const selected = [...team.querySelectorAll("[name=ticket]:checked")];
  dragged = (selected.includes(own) ? selected : [own]).map((box) => box.value);
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", row.querySelector(".cell-number").textContent.trim());
});
const personUnder = (event) => (dragged.length ? event.target.closest?.("[data-person]") : null);
document.addEventListener("dragover", (event) => {
  const person = personUnder(event);
  for (const each of document.querySelectorAll(".is-target")) each.classList.toggle("is-target", each === person);
  if (!person) return;
  person.classList.add("is-target");
  event.preventDefault();
});
document.addEventListener("dragend", () => {
  dragged = [];
  for (const each of document.querySelectorAll(".is-target")) each.classList.remove("is-target");
});
document.addEventListener("drop", (event) => {
  const person = personUnder(event);
  if (!person) return;
  event.preventDefault();
  const form = document.getElementById("move");
  for (const value of dragged) {
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = "ticket";
    field.value = value;
    form.append(field);
  }
  form.elements.assignee.value = person.dataset.person;
  form.elements.next.value = location.pathname + location.search;
  form.requestSubmit();
});
