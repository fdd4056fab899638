// Why a line is what it is: the sentence, the arithmetic, the events counted, and those left out.

import { ask } from "./api.js";
import { sum } from "./decimals.js";
import { documentName } from "./document_names.js";
import { el } from "./dom.js";
import { eventsTable } from "./events_table.js";
import { count, money, number, periodName, quantity, words } from "./formats.js";
import { pagedList } from "./pager.js";
import { EVENTS, EVENTS_LEFT_OUT, EXPLANATION } from "./queries.js";
import { empty, fill } from "./states.js";
import { stepsTable } from "./steps.js";

/** The explanation of the line with this id. */
export function explanationView(id) {
  const title = el("h2", { id: "drawer-title", tabindex: -1 }, "Explanation");
  const place = el("div", {});
  fill(
    place,
    "the explanation",
    () => ask(EXPLANATION, { line: id }),
    ({ explainLine }) => {
      if (explainLine === null) {
        return empty("There is no such line");
      }
      title.textContent = explainLine.line.description;
      return content(id, explainLine);
    },
  );
  return el("article", { class: "explanation" }, title, place);
}

function content(id, explained) {
  const { line, invoice, meter } = explained;
  const document = documentName(invoice);
  return [
    el("p", { class: "document-facts" }, `${document}, ${periodName(line.period)}`),
    el("dl", { class: "figure figure-main" }, el("dt", {}, "Amount"), el("dd", {}, money(line.amount))),
    el("p", { class: "sentence" }, explained.sentence),
    meter ? verdict(explained) : null,
    el("h3", {}, "How the amount came about"),
    stepsTable(line),
    meter ? [rule(meter), counted(id, explained), leftOut(id, explained)] : null,
  ];
}

function verdict({ agrees, replayedQuantity, line }) {
  const again = ["Counted again from the log just now: ", quantity(replayedQuantity, line.unit)];
  if (agrees) {
    return el("p", { class: "verdict verdict-good" }, again, ", the same as on the invoice.");
  }
  const billed = quantity(line.quantity, line.unit);
  return el("p", { class: "verdict verdict-bad", role: "alert" }, again, ". The invoice says ", billed, ".");
}

const RULES = {
  COUNT: ({ eventType }) => ["counts events of type ", code(eventType)],
  SUM: ({ eventType, value }) => ["adds up ", code(value), " of events of type ", code(eventType)],
  UNIQUE_COUNT: ({ eventType, value }) => ["counts the different values of ", code(value), " in ", code(eventType)],
};

function rule(meter) {
  const does = RULES[meter.aggregation]?.(meter) ?? ["reads events of type ", code(meter.eventType)];
  const filters = meter.filters.map(({ property, values }) => [
    ", where ",
    code(property),
    ` is ${values.join(" or ")}`,
  ]);
  return el("p", { class: "hint" }, `The meter, in its version ${meter.version}, `, does, filters, ".");
}

function counted(id, explained) {
  const last = explained.meter.aggregation === "COUNT" ? null : "Value"; // One by one they have no value of their own.
  const total = explained.eventsCounted;
  const list = () => eventsList(explained, explained.events, total, last, (after) => ask(EVENTS, { line: id, after }));
  return section("Events counted", total, total === "0" ? el("p", { class: "hint" }, "None in this period.") : list());
}

function leftOut(id, explained) {
  const total = sum(explained.leftOut.map((each) => each.events));
  if (total === "0") {
    return section("Events left out", total, el("p", { class: "hint" }, "None: every event of this period counts."));
  }
  const fetchPage = (after) => ask(EVENTS_LEFT_OUT, { line: id, after });
  const reasons = explained.leftOut.map(({ reason, events }) =>
    el("li", {}, `${words(reason)}: ${count(events, "event")}`),
  );
  const list = eventsList(explained, explained.eventsLeftOut, total, "Reason", fetchPage);
  return section("Events left out", total, [el("ul", { class: "reasons" }, reasons), list]);
}

function eventsList({ invoice }, first, total, last, fetchAnswer) {
  const zone = invoice.subscription?.timeZone ?? "UTC";
  const fetchPage = async (after) => (await fetchAnswer(after)).explainLine.events;
  return pagedList({ first, fetchPage, render: (nodes) => eventsTable(nodes, zone, last), total, noun: "event" });
}

function section(name, total, children) {
  const heading = el("h3", {}, `${name} `, el("span", { class: "tally" }, number(total)));
  return el("section", { "aria-label": name }, heading, children);
}

function code(text) {
  return el("span", { class: "code" }, text);
}
