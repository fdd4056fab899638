// An invoice with its lines; each leads to its explanation.

import { ask } from "./api.js";
import { documentName } from "./document_names.js";
import { el } from "./dom.js";
import { day, instant, money, number, periodName, quantity } from "./formats.js";
import { statusChips } from "./invoices.js";
import { INVOICE } from "./queries.js";
import * as route from "./route.js";
import { empty, fill } from "./states.js";
import { figureCell, figures, table } from "./tables.js";

/** The view of the invoice with this id. */
export function invoiceView(id) {
  const title = el("h2", { id: "drawer-title", tabindex: -1 }, "Invoice");
  const place = el("div", {});
  fill(
    place,
    "the invoice",
    () => ask(INVOICE, { id }),
    ({ invoice }) => {
      if (invoice === null) {
        return empty("There is no such invoice");
      }
      title.textContent = documentName(invoice);
      return content(invoice);
    },
  );
  return el("article", {}, title, place);
}

function content(invoice) {
  return [
    el("p", { class: "document-facts" }, facts(invoice)),
    el("p", { class: "chips" }, statusChips(invoice)),
    el("dl", { class: "figure figure-main" }, el("dt", {}, "Total"), el("dd", {}, money(invoice.total))),
    invoice.payUrl ? payLink(invoice) : null,
    invoice.holds.length ? holds(invoice.holds) : null,
    el("h3", {}, "Lines"),
    el("p", { class: "hint" }, "Choose a line to see why it is what it is."),
    linesTable(invoice),
  ];
}

function facts(invoice) {
  const parts = [
    invoice.numberedBy === "PROVIDER" && invoice.number ? `Reference ${invoice.number}` : null,
    `Issued on ${day(invoice.issuedOn)}`,
    invoice.customer ? `to ${invoice.customer.name}` : null,
    invoice.plan ? `for ${invoice.plan.name}, version ${invoice.planVersion}` : null,
  ];
  const finalized = invoice.finalizedAt ? `Finalized at ${instant(invoice.finalizedAt, "UTC")} UTC.` : "";
  return `${parts.filter(Boolean).join(" ")}. ${finalized}`;
}

function payLink(invoice) {
  const link = el("a", { href: invoice.payUrl, target: "_blank", rel: "noopener noreferrer" }, "Pay this invoice");
  return el("p", {}, link);
}

function holds(list) {
  const items = list.map((hold) => el("li", {}, hold.detail));
  return el("div", { class: "notice" }, el("strong", {}, "Held for review"), el("ul", {}, items));
}

function linesTable(invoice) {
  const total = el(
    "tr",
    {},
    el("th", { scope: "row" }, "Total"),
    el("td", { class: "wide-only" }),
    figureCell(money(invoice.total)),
  );
  return table({
    kind: "lines",
    caption: "Lines of the invoice",
    columns: ["Charge", figures("Quantity", "wide-only"), figures("Amount")],
    rows: invoice.lines.map((line) => lineRow(invoice, line)),
    foot: [total],
  });
}

function lineRow(invoice, line) {
  const open = (event) => {
    event.preventDefault();
    route.go({ invoice: invoice.id, line: line.id });
  };
  const link = el(
    "a",
    { href: route.hrefOf({ invoice: invoice.id, line: line.id }), class: "row-link", on: { click: open } },
    line.description,
  );
  const days = `${periodName(line.period)}${line.timing === "IN_ADVANCE" ? ", in advance" : ""}`;
  const counted = () => (line.meterKey ? quantity(line.quantity, line.unit) : null);
  const notes = [el("span", { class: "note narrow-only" }, counted()), el("span", { class: "note" }, days)];
  return el(
    "tr",
    { class: "row-with-link" },
    el("th", { scope: "row" }, link, notes),
    el("td", { class: "figure-cell wide-only" }, counted()),
    figureCell(number(line.amount.amount)),
  );
}
