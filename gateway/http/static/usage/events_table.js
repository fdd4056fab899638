// Usage events as the explanation shows them.

import { grouped } from "./decimals.js";
import { el } from "./dom.js";
import { instant, number, words } from "./formats.js";
import { figureCell, figures, table } from "./tables.js";

/** A table of explained events; `last` names the column of their value or of the reason, null for none. */
export function eventsTable(explained, zone, last) {
  const columns = ["Occurred", "Event", last === "Value" ? figures(last) : last];
  return table({ kind: "events", caption: "Events", columns, rows: explained.map((each) => row(each, zone, last)) });
}

function row({ event, value, reason }, zone, last) {
  const origin = `${event.type} from ${event.source}, position ${grouped(event.position)}`;
  const what = [
    el("span", { class: "code event-id" }, event.id),
    el("span", { class: "properties" }, event.properties.map(property)),
    el("span", { class: "note" }, origin),
  ];
  return el(
    "tr",
    {},
    el("td", { class: "when" }, instant(event.occurredAt, zone)),
    el("td", {}, what),
    last === "Reason" ? el("td", {}, words(reason)) : null,
    last === "Value" ? figureCell(shownValue(value)) : null,
  );
}

function property({ name, value }) {
  return el("span", { class: "property" }, el("span", { class: "property-name" }, name), ` ${value ?? "null"}`);
}

/** Numbers are grouped; a value that a unique count tells apart is any text. */
function shownValue(value) {
  return /^-?\d+(\.\d+)?$/.test(value ?? "") ? number(value) : value;
}
