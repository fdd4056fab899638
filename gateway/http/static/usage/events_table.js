// Usage events as the explanation shows them.

import { grouped } from "./decimals.js";
import { el } from "./dom.js";
import { instant, number, words } from "./formats.js";

/** A table of explained events; the last column is their value, or the reason why they were left out. */
export function eventsTable(explained, zone, column) {
  const head = ["Occurred", "Event", column];
  return el(
    "div",
    { class: "table-frame" },
    el(
      "table",
      { class: "events" },
      el("thead", {}, el("tr", {}, head.map((name) => el("th", { scope: "col", class: name === "Value" ? "figure-cell" : null }, name)))),
      el("tbody", {}, explained.map((each) => row(each, zone))),
    ),
  );
}

function row({ event, value, reason }, zone) {
  const properties = event.properties.map(({ name, value: text }) => el("span", { class: "property" }, el("span", { class: "property-name" }, name), ` ${text ?? "null"}`));
  return el(
    "tr",
    {},
    el("td", { class: "when" }, instant(event.occurredAt, zone)),
    el(
      "td",
      { class: "what" },
      el("span", { class: "code event-id" }, event.id),
      el("span", { class: "properties" }, properties),
      el("span", { class: "note" }, `${event.type} from ${event.source}, position ${grouped(event.position)}`),
    ),
    reason ? el("td", {}, words(reason)) : el("td", { class: "figure-cell" }, shownValue(value)),
  );
}

/** Numbers are grouped; a value that a unique count tells apart is any text. */
function shownValue(value) {
  return /^-?\d+(\.\d+)?$/.test(value ?? "") ? number(value) : value;
}
