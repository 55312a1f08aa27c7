// What can be taken back for some seconds. Afterwards the page is read again, unless something is
// being written on it.
const AFTER = 6; // seconds until what is due is surely sent
const prepareHeld = () => {
  for (const form of document.querySelectorAll("[data-undo-for]:not([data-ready])")) {
    form.dataset.ready = "";
    setTimeout(() => form.remove(), form.dataset.undoFor * 1000);
    const message = form.closest("li");
    setTimeout(() => message.remove(), (Number(form.dataset.undoFor) + AFTER) * 1000);
  }
  for (const held of document.querySelectorAll("[data-held]:not([data-ready])")) {
    held.dataset.ready = "";
    setTimeout(() => held.querySelector("form").remove(), held.dataset.held * 1000);
    setTimeout(() => {
      const composer = document.querySelector("[data-composer]");
      if (!held.isConnected) return;
      if (composer && !composer.classList.contains("is-closed")) held.remove();
      else {
        const place = { target: "#main", select: "#main", swap: "outerHTML" };
        window.htmx.ajax("GET", location.pathname + location.search, place);
      }
    }, (Number(held.dataset.held) + AFTER) * 1000);
  }
};

prepareHeld();
document.addEventListener("htmx:afterSettle", prepareHeld);
