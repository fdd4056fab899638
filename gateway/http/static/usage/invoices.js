// A customer's invoices, the newest first.

import { numberOf } from "./document_names.js";
import { el } from "./dom.js";
import { day, money, words } from "./formats.js";
import { pagedArray } from "./pager.js";
import * as route from "./route.js";
import { empty, fill } from "./states.js";
import { figureCell, figures, table } from "./tables.js";

const CUT_SHORT = "There are more than are listed here; ask the API for them.";

/** The section of invoices; each leads to its lines. */
export function invoicesSection(book) {
  const place = el("div", { class: "invoices-body" });
  fill(
    place,
    "the invoices",
    () => book.all(),
    ({ invoices, isWhole }) => {
      if (invoices.length === 0) {
        return empty("No invoices yet", "The first one appears when a billing period begins or ends.");
      }
      const list = pagedArray(invoices, invoicesTable, "invoice");
      return isWhole ? list : [el("p", { class: "hint" }, CUT_SHORT), list];
    },
  );
  return el(
    "section",
    { class: "card", "aria-labelledby": "invoices-title" },
    el("h2", { id: "invoices-title" }, "Invoices"),
    place,
  );
}

function invoicesTable(invoices) {
  const columns = ["Number", { name: "Date", kind: "wide-only" }, "Status", figures("Total")];
  return table({ kind: "invoices", caption: "Invoices", columns, rows: invoices.map(row) });
}

function row(invoice) {
  const open = (event) => {
    event.preventDefault();
    route.go({ invoice: invoice.id, line: null });
  };
  const link = el(
    "a",
    { href: route.hrefOf({ invoice: invoice.id, line: null }), class: "row-link", on: { click: open } },
    numberOf(invoice),
  );
  return el(
    "tr",
    { class: "row-with-link" },
    el("th", { scope: "row" }, link, el("span", { class: "note narrow-only" }, day(invoice.issuedOn))),
    el("td", { class: "wide-only" }, day(invoice.issuedOn)),
    el("td", {}, el("span", { class: "chips" }, statusChips(invoice))),
    figureCell(money(invoice.total)),
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
