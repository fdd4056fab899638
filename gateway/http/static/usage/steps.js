// How an amount came about: each step's arithmetic, their sum, and the one rounding.

import { isZero } from "./decimals.js";
import { el } from "./dom.js";
import { money, number } from "./formats.js";

/** The steps of a line, down to the amount on it. */
export function stepsTable(line) {
  const hasFlat = line.steps.some((step) => !isZero(step.flatAmount));
  return el(
    "table",
    { class: "steps" },
    el("caption", { class: "unseen" }, `How the amount of ${line.description} came about`),
    el("thead", {}, el("tr", {}, headCells(hasFlat))),
    el("tbody", {}, line.steps.map((step) => stepRow(step, hasFlat))),
    el("tfoot", {}, sumRows(line, hasFlat ? 4 : 3)),
  );
}

function headCells(hasFlat) {
  const names = ["Step", "Units", "Each", hasFlat ? "Flat" : null, "Amount"].filter(Boolean);
  return names.map((name, at) => el("th", { scope: "col", class: at ? "figure-cell" : null }, name));
}

function stepRow(step, hasFlat) {
  return el(
    "tr",
    {},
    el("th", { scope: "row" }, step.label),
    el("td", { class: "figure-cell" }, number(step.units)),
    el("td", { class: "figure-cell" }, sign("×"), number(step.unitAmount)),
    hasFlat ? el("td", { class: "figure-cell" }, sign("+"), number(step.flatAmount)) : null,
    el("td", { class: "figure-cell" }, sign("="), number(step.amount)),
  );
}

function sumRows(line, span) {
  const amount = el("td", { class: "figure-cell total" }, money(line.amount));
  const exact = el("td", { class: "figure-cell" }, number(line.exactAmount));
  return [
    el("tr", {}, el("th", { scope: "row", colspan: span }, "Exactly"), exact),
    el("tr", {}, el("th", { scope: "row", colspan: span }, `Rounded once, half up, to ${line.amount.currency}`), amount),
  ];
}

function sign(text) {
  return el("span", { class: "sign" }, `${text} `);
}
