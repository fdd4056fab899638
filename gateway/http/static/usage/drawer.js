// The panel at the side in which an invoice and the explanation of a line open.

import { el, show } from "./dom.js";
import { explanationView } from "./explanation.js";
import { invoiceView } from "./invoice.js";
import * as route from "./route.js";

const drawer = document.getElementById("drawer");
let shown = null;

drawer.addEventListener("close", () => {
  if (shown !== null) {
    route.go({ invoice: null, line: null }); // Closed by a person; else the address has changed already, or is to stay.
  }
});
drawer.addEventListener("click", (event) => {
  if (event.target === drawer) {
    drawer.close(); // A click beside the panel: everything in it is inside a child.
  }
});

/** Show what the address names: a line's explanation, an invoice, or nothing. */
export function followDrawer({ invoice, line }) {
  const wanted = line ?? invoice;
  if (wanted === shown) {
    return;
  }
  shown = wanted;
  if (wanted === null) {
    drawer.close();
    return;
  }
  const view = line ? explanationView(line) : invoiceView(invoice);
  show(drawer, el("div", { class: "drawer-inside" }, bar(line && invoice), view));
  if (!drawer.open) {
    drawer.showModal();
  }
  drawer.scrollTo(0, 0);
  drawer.querySelector("h2").focus();
}

/** Close the panel without a step in the history. */
export function closeDrawer() {
  shown = null;
  drawer.close();
  show(drawer);
}

function bar(hasWayBack) {
  const toInvoice = { click: () => route.go({ line: null }) };
  const close = { click: () => drawer.close() };
  const back = el("button", { type: "button", class: "button button-quiet", on: toInvoice }, "← Invoice");
  return el(
    "div",
    { class: "drawer-bar" },
    hasWayBack ? back : el("span"),
    el("button", { type: "button", class: "button button-quiet", on: close }, "Close"),
  );
}
