// Cost so far and projected, on any day of the billing period.

import { asOfSlider } from "./as_of_slider.js";
import { costAt, isBefore, justBefore } from "./costs.js";
import { announce, el, show } from "./dom.js";
import { money, moneyText, number, periodName, quantity } from "./formats.js";
import { failed, loading } from "./states.js";
import { stepsTable } from "./steps.js";
import { figureCell, figures, table } from "./tables.js";

const LATE = "Events of the last moments are still being counted.";

/** The section of costs. `onMark` is told the instant that the costs are of, as they are shown. */
export function costSection(subscription, latest, onMark) {
  const headline = el("div", { class: "figures" });
  const lines = el("div");
  const slider = asOfSlider(subscription.timeZone, (at) => load(at));
  const title = el("h2", { id: "cost-title" }, "Cost");
  const element = el(
    "section",
    { class: "card cost", "aria-labelledby": "cost-title" },
    title,
    headline,
    slider.element,
    lines,
  );
  let asking = new AbortController();
  let period = null;

  async function load(at) {
    asking.abort();
    asking = new AbortController();
    const { signal } = asking;
    element.setAttribute("aria-busy", "true");
    try {
      draw(at === null ? latest : await costAt(subscription.id, at, signal));
    } catch (error) {
      if (error.name === "AbortError") {
        return;
      }
      show(
        headline,
        failed(error, () => load(at)),
      );
      show(lines);
    }
    element.removeAttribute("aria-busy");
  }

  function draw(cost) {
    const isFinal = !isBefore(cost.at, justBefore(period.end));
    const shown = isFinal ? atItsEnd(cost) : cost;
    show(headline, headlines(shown, isFinal));
    show(lines, linesTable(shown, isFinal));
    onMark(isFinal ? null : cost.at);
    announce(`${moneyText(shown.total)} so far, ${moneyText(shown.forecast.expected)} projected`);
  }

  function present(shown) {
    period = shown;
    show(title, "Cost of ", periodName(period));
    show(headline, loading("the cost", 2));
    show(lines);
    slider.clear();
    load(period.start === latest.period.start ? null : justBefore(period.end));
  }

  return { element, show: present, setDays: (days) => slider.setDays(days, period, latest) };
}

/** Of a period that is over, what was projected has come: true-ups and fees in arrears are part of its cost. */
function atItsEnd(cost) {
  return { ...cost, soFar: cost.forecast.lines, total: cost.forecast.expected };
}

function headlines(cost, isFinal) {
  const late = cost.asOf.isCurrent ? null : el("p", { class: "hint" }, LATE);
  if (isFinal) {
    return [figure("For the whole period", cost.total, "main"), late];
  }
  const projected = figure("Projected", cost.forecast.expected, "other", rangeNote(cost.forecast));
  return [figure("So far", cost.total, "main"), projected, late];
}

/** Between what the amount ends in four of five cases; nothing where that is one amount. */
function rangeNote({ low, high, method }) {
  if (low.amount === high.amount) {
    return null;
  }
  const title = method === "STRAIGHT_LINE" ? "A wide guess: there is little history" : "In four of five cases";
  return el("dd", { class: "note", title }, `${moneyText(low)} to ${moneyText(high)}`);
}

function figure(label, amount, kind, note = null) {
  return el("dl", { class: `figure figure-${kind}` }, el("dt", {}, label), el("dd", {}, money(amount)), note);
}

function linesTable(cost, isFinal) {
  const projected = el("td", { class: "figure-cell projected" }, number(cost.forecast.expected.amount));
  const total = el(
    "tr",
    {},
    el("th", { scope: "row" }, `Total in ${cost.total.currency}`),
    figureCell(number(cost.total.amount)),
    isFinal ? null : projected,
  );
  return table({
    kind: "lines",
    caption: "Charges of the billing period",
    columns: ["Charge", figures(isFinal ? "Amount" : "So far"), isFinal ? null : figures("Projected")],
    rows: paired(cost.soFar, cost.forecast.lines).flatMap(([soFar, projected]) => rowsOf(soFar, projected, isFinal)),
    foot: [total],
  });
}

/** Each charge as it stands with what it will come to; either may be missing, such as a true-up so far. */
function paired(soFar, projected) {
  const keyOf = ({ price, dimensions, period }) => JSON.stringify([price, dimensions, period.start]);
  const pairs = new Map(projected.map((line) => [keyOf(line), [null, line]]));
  soFar.forEach((line) => pairs.set(keyOf(line), [line, pairs.get(keyOf(line))?.[1] ?? null]));
  return [...pairs.values()];
}

function rowsOf(soFar, projected, isFinal) {
  const line = soFar ?? projected;
  const detail = el("tr", { class: "detail", hidden: true }, el("td", { colspan: isFinal ? 2 : 3 }, stepsTable(line)));
  const toggle = el("button", { type: "button", class: "disclosure", "aria-expanded": "false" }, line.description);
  toggle.addEventListener("click", () => {
    detail.hidden = !detail.hidden;
    toggle.setAttribute("aria-expanded", String(!detail.hidden));
  });
  const row = el(
    "tr",
    {},
    el("th", { scope: "row" }, toggle, el("span", { class: "note" }, noteOf(soFar, projected))),
    amountCell(soFar),
    isFinal ? null : amountCell(projected, "projected"),
  );
  return [row, detail];
}

function noteOf(soFar, projected) {
  if (soFar === null) {
    return "projected only";
  }
  const isFee = soFar.meterKey === null;
  return isFee ? (projected?.timing === "IN_ADVANCE" ? "in advance" : null) : quantity(soFar.quantity, soFar.unit);
}

function amountCell(line, kind = null) {
  return el("td", { class: `figure-cell ${kind ?? ""}` }, line ? number(line.amount.amount) : "–");
}
