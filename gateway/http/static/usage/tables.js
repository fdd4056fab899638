// Tables as the page has them: in a frame that scrolls where there is no room.

import { el } from "./dom.js";

/** A column of figures, aligned to the right. */
export function figures(name, kind = "") {
  return { name, kind: `figure-cell ${kind}`.trim() };
}

/** A cell with a figure. */
export function figureCell(...children) {
  return el("td", { class: "figure-cell" }, children);
}

/**
 * A table in its frame. `columns` are names or what `figures` makes, null for none; `caption` is heard, not seen;
 * `kind` is its class, `rows` and `foot` are rows.
 */
export function table({ kind, caption, columns, rows, foot = [] }) {
  const head = columns.filter(Boolean).map((column) => headCell(column));
  const inside = [
    el("caption", { class: "unseen" }, caption),
    el("thead", {}, el("tr", {}, head)),
    el("tbody", {}, rows),
    foot.length ? el("tfoot", {}, foot) : null,
  ];
  return el("div", { class: "table-frame" }, el("table", { class: kind }, inside));
}

function headCell(column) {
  return el("th", { scope: "col", class: column.kind ?? null }, column.name ?? column);
}
