// The chart's numbers, exact, for those who cannot see it or want to copy them.

import { el } from "./dom.js";
import { quantity, weekdayOf } from "./formats.js";
import { figureCell, figures, table } from "./tables.js";

/** The days of a chart as a table that opens on demand. */
export function consumptionTable({ days, layers }, meter, zone) {
  const named = layers.filter((layer) => layer.name !== null);
  const frame = table({
    kind: "days",
    caption: `${meter.name} by day`,
    columns: ["Day", ...named.map((layer) => figures(layer.name)), figures(`${meter.name} (${meter.unit})`)],
    rows: days.map((day, index) => rowOf(day, named, index, zone)),
  });
  const scrolled = { class: "table-scroll", tabindex: 0, role: "region", "aria-label": "Consumption by day" };
  return el("details", { class: "table-details" }, el("summary", {}, "Show as a table"), el("div", scrolled, frame));
}

function rowOf(day, layers, index, zone) {
  return el(
    "tr",
    {},
    el("th", { scope: "row" }, weekdayOf(day.startsAt, zone)),
    layers.map((layer) => figureCell(quantity(layer.quantities[index]))),
    figureCell(quantity(day.quantity)),
  );
}
