// A customer's invoices, the newest first.

import { el } from "./dom.js";
import { day, money, words } from "./formats.js";
import { pagedArray } from "./pager.js";
import * as route from "./route.js";
import { empty, fill } from "./states.js";

/** The section of invoices; each leads to its lines. */
export function invoicesSection(book) {
  const place = el("div", { class: "invoices-body" });
  fill(place, "the invoices", () => book.all(), ({ invoices, isWhole }) => {
    if (invoices.length === 0) {
      return empty("No invoices yet", "The first one appears when a billing period begins or ends.");
    }
    const list = pagedArray(invoices, table, "invoice");
    return isWhole ? list : [el("p", { class: "hint" }, "There are more than are listed here; ask the API for them."), list];
  });
  return el(
    "section",
    { class: "card", "aria-labelledby": "invoices-title" },
    el("h2", { id: "invoices-title" }, "Invoices"),
    place,
  );
}

function table(invoices) {
  const classes = { Date: "wide-only", Total: "figure-cell" };
  const head = ["Number", "Date", "Status", "Total"].map((name) => el("th", { scope: "col", class: classes[name] }, name));
  return el(
    "div",
    { class: "table-frame" },
    el(
      "table",
      { class: "invoices" },
      el("caption", { class: "unseen" }, "Invoices"),
      el("thead", {}, el("tr", {}, head)),
      el("tbody", {}, invoices.map(row)),
    ),
  );
}

function row(invoice) {
  const open = (event) => {
    event.preventDefault();
    route.go({ invoice: invoice.id, line: null });
  };
  const link = el(
    "a",
    { href: route.hrefOf({ invoice: invoice.id, line: null }), class: "row-link", on: { click: open } },
    invoice.number ?? "No number yet",
  );
  return el(
    "tr",
    { class: "row-with-link" },
    el("th", { scope: "row" }, link, el("span", { class: "note narrow-only" }, day(invoice.issuedOn))),
    el("td", { class: "wide-only" }, day(invoice.issuedOn)),
    el("td", {}, el("span", { class: "chips" }, statusChips(invoice))),
    el("td", { class: "figure-cell" }, money(invoice.total)),
  );
}

/** Where an invoice is in its life, and what is known of its payment. */
export function statusChips({ status, paymentStatus }) {
  const chips = [el("span", { class: `chip chip-${status.toLowerCase()}` }, words(status))];
  if (status === "FINALIZED") {
    chips.push(el("span", { class: `chip chip-${paymentStatus.toLowerCase()}` }, words(paymentStatus)));
  }
  return chips;
}
