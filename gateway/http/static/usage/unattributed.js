// Events that belong to no subscription: stored, and billed to nobody.

import { ask } from "./api.js";
import { el, show } from "./dom.js";
import { count, instant, number, words } from "./formats.js";
import { pagedList } from "./pager.js";
import { UNATTRIBUTED } from "./queries.js";
import { figureCell, figures, table } from "./tables.js";

/** A note of how many there are of a customer, with the list on demand; nothing if there are none. */
export function unattributedNote(customer) {
  const place = el("div", { class: "unattributed" });
  const pageAfter = async (after) => (await ask(UNATTRIBUTED, { customer, after })).unattributedEvents;
  pageAfter(null).then(
    (first) => first.totalCount !== "0" && show(place, note(first, pageAfter)),
    () => null, // The rest of the account does not depend on it.
  );
  return place;
}

function note(first, fetchPage) {
  const total = first.totalCount;
  const many = el("strong", {}, count(total, "unattributed event"));
  return el(
    "details",
    { class: "notice" },
    el("summary", {}, many, " outside of every subscription, billed to nobody"),
    pagedList({ first, fetchPage, render: eventsTable, total, noun: "event" }),
  );
}

function eventsTable(events) {
  const columns = ["Occurred (UTC)", "Type", "Why", figures("Position")];
  return table({ kind: "events", caption: "Unattributed events", columns, rows: events.map(row) });
}

function row(event) {
  return el(
    "tr",
    {},
    el("td", {}, instant(event.occurredAt, "UTC")),
    el("td", { class: "code" }, event.type),
    el("td", {}, words(event.reason)),
    figureCell(number(event.position)),
  );
}
