// Events that belong to no subscription: stored, and billed to nobody.

import { ask } from "./api.js";
import { grouped } from "./decimals.js";
import { el, show } from "./dom.js";
import { count, instant, words } from "./formats.js";
import { pagedList } from "./pager.js";
import { UNATTRIBUTED } from "./queries.js";

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
  return el(
    "details",
    { class: "notice" },
    el("summary", {}, el("strong", {}, `${count(total, "unattributed event")}`), " outside of every subscription, billed to nobody"),
    pagedList({ first, fetchPage, render: table, total, noun: "event" }),
  );
}

function table(events) {
  const head = ["Occurred (UTC)", "Type", "Why", "Position"];
  const row = (event) =>
    el(
      "tr",
      {},
      el("td", {}, instant(event.occurredAt, "UTC")),
      el("td", { class: "code" }, event.type),
      el("td", {}, words(event.reason)),
      el("td", {}, grouped(event.position)),
    );
  return el(
    "div",
    { class: "table-frame" },
    el("table", {}, el("thead", {}, el("tr", {}, head.map((name) => el("th", { scope: "col" }, name)))), el("tbody", {}, events.map(row))),
  );
}
