// Why a line is what it is: the sentence, the arithmetic, the events counted, and those left out.

import { ask } from "./api.js";
import { el } from "./dom.js";
import { eventsTable } from "./events_table.js";
import { count, money, number, periodName, quantity, words } from "./formats.js";
import { pagedList } from "./pager.js";
import { EVENTS, EVENTS_LEFT_OUT, EXPLANATION } from "./queries.js";
import { empty, fill } from "./states.js";
import { stepsTable } from "./steps.js";
import { sum } from "./decimals.js";

/** The explanation of the line with this id. */
export function explanationView(id) {
  const title = el("h2", { id: "drawer-title", tabindex: -1 }, "Explanation");
  const place = el("div", {});
  fill(place, "the explanation", () => ask(EXPLANATION, { line: id }), ({ explainLine }) => {
    if (explainLine === null) {
      return empty("There is no such line");
    }
    title.textContent = explainLine.line.description;
    return content(id, explainLine);
  });
  return el("article", { class: "explanation" }, title, place);
}

function content(id, explained) {
  const { line, invoice } = explained;
  return [
    el("p", { class: "document-facts" }, `${invoice.number ? `Invoice ${invoice.number}` : "Invoice"}, ${periodName(line.period)}`),
    el("dl", { class: "figure figure-main" }, el("dt", {}, "Amount"), el("dd", {}, money(line.amount))),
    el("p", { class: "sentence" }, explained.sentence),
    explained.meter ? verdict(explained) : null,
    el("h3", {}, "How the amount came about"),
    el("div", { class: "table-frame" }, stepsTable(line)),
    explained.meter ? [rule(explained.meter), counted(id, explained), leftOut(id, explained)] : null,
  ];
}

function verdict({ agrees, replayedQuantity, line }) {
  const again = [quantity(replayedQuantity, line.unit)];
  return agrees
    ? el("p", { class: "verdict verdict-good" }, "Counted again from the log just now: ", again, ", the same as on the invoice.")
    : el("p", { class: "verdict verdict-bad", role: "alert" }, "Counted again from the log just now: ", again, ". The invoice says ", quantity(line.quantity, line.unit), ".");
}

function rule(meter) {
  const how = {
    COUNT: ["counts events of type ", code(meter.eventType)],
    SUM: ["adds up ", code(meter.value), " of events of type ", code(meter.eventType)],
    UNIQUE_COUNT: ["counts the different values of ", code(meter.value), " in events of type ", code(meter.eventType)],
  };
  const filters = meter.filters.map(({ property, values }) => [", where ", code(property), " is ", values.join(" or ")]);
  return el("p", { class: "hint" }, `The meter, in its version ${meter.version}, `, how[meter.aggregation] ?? "reads events", filters, ".");
}

function counted(id, explained) {
  const zone = explained.invoice.subscription?.timeZone ?? "UTC";
  const total = explained.eventsCounted;
  const fetchPage = async (after) => (await ask(EVENTS, { line: id, after })).explainLine.events;
  const list = pagedList({ first: explained.events, fetchPage, render: (nodes) => eventsTable(nodes, zone, "Value"), total, noun: "event" });
  return el(
    "section",
    { class: "counted", "aria-label": "Events counted" },
    el("h3", {}, "Events counted ", el("span", { class: "tally" }, number(total))),
    total === "0" ? el("p", { class: "hint" }, "None in this period.") : list,
  );
}

function leftOut(id, explained) {
  const total = sum(explained.leftOut.map((each) => each.events));
  const heading = el("h3", {}, "Events left out ", el("span", { class: "tally" }, number(total)));
  if (total === "0") {
    return el("section", { class: "left-out" }, heading, el("p", { class: "hint" }, "None: every event of this type and period counts."));
  }
  const zone = explained.invoice.subscription?.timeZone ?? "UTC";
  const fetchPage = async (after) => (await ask(EVENTS_LEFT_OUT, { line: id, after })).explainLine.events;
  const reasons = explained.leftOut.map(({ reason, events }) => el("li", {}, `${words(reason)}: `, count(events, "event")));
  const list = pagedList({ first: explained.eventsLeftOut, fetchPage, render: (nodes) => eventsTable(nodes, zone, "Reason"), total, noun: "event" });
  return el("section", { class: "left-out", "aria-label": "Events left out" }, heading, el("ul", { class: "reasons" }, reasons), list);
}

function code(text) {
  return el("span", { class: "code" }, text);
}
