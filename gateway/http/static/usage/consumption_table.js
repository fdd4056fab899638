// The chart's numbers, exact, for those who cannot see it or want to copy them.

import { el } from "./dom.js";
import { number, weekdayOf } from "./formats.js";

/** The days of a chart as a table that opens on demand. */
export function consumptionTable({ days, layers }, meter, zone) {
  const isLayered = layers[0]?.name !== null;
  const names = isLayered ? layers.map((layer) => layer.name) : [];
  const head = ["Day", ...names, `${meter.name} (${meter.unit})`];
  const rows = days.map((day, index) => rowOf(day, isLayered ? layers : [], index, zone));
  return el(
    "details",
    { class: "table-details" },
    el("summary", {}, "Show as a table"),
    el(
      "div",
      { class: "table-frame table-scroll", tabindex: 0, role: "region", "aria-label": "Consumption by day" },
      el(
        "table",
        { class: "days" },
        el("thead", {}, el("tr", {}, head.map((name, at) => el("th", { scope: "col", class: at ? "figure-cell" : null }, name)))),
        el("tbody", {}, rows),
      ),
    ),
  );
}

function rowOf(day, layers, index, zone) {
  const cells = layers.map((layer) => el("td", { class: "figure-cell" }, number(layer.quantities[index])));
  return el(
    "tr",
    {},
    el("th", { scope: "row" }, weekdayOf(day.startsAt, zone)),
    cells,
    el("td", { class: "figure-cell" }, number(day.quantity)),
  );
}
