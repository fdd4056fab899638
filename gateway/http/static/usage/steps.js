// How an amount came about: each step's arithmetic, their sum, and the one rounding.

import { isZero, placesIn, trimmed } from "./decimals.js";
import { el } from "./dom.js";
import { money, number } from "./formats.js";
import { figureCell, figures, table } from "./tables.js";

/** The steps of a line, down to the amount on it. */
export function stepsTable(line) {
  const hasFlat = line.steps.some((step) => !isZero(step.flatAmount));
  return table({
    kind: "steps",
    caption: `How the amount of ${line.description} came about`,
    columns: ["Step", figures("Units"), figures("Each"), hasFlat ? figures("Flat") : null, figures("Amount")],
    rows: line.steps.map((step) => stepRow(step, placesIn(line.amount.amount), hasFlat)),
    foot: sumRows(line, hasFlat ? 4 : 3),
  });
}

function stepRow(step, places, hasFlat) {
  return el(
    "tr",
    {},
    el("th", { scope: "row" }, step.label),
    figureCell(number(trimmed(step.units))),
    figureCell(sign("×"), number(step.unitAmount)),
    hasFlat ? figureCell(sign("+"), number(step.flatAmount)) : null,
    figureCell(sign("="), number(trimmed(step.amount, places))),
  );
}

function sumRows(line, span) {
  const exactly = trimmed(line.exactAmount, placesIn(line.amount.amount));
  const rounding = `Rounded once, half up, to ${line.amount.currency}`;
  const headOf = (text) => el("th", { scope: "row", colspan: span }, text);
  return [
    el("tr", {}, headOf("Exactly"), figureCell(number(exactly))),
    el("tr", { class: "rounded" }, headOf(rounding), figureCell(money(line.amount))),
  ];
}

function sign(text) {
  return el("span", { class: "sign" }, `${text} `);
}
