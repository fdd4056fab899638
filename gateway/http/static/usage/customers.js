// The customers, to search and pick one.

import { ask } from "./api.js";
import { el, show } from "./dom.js";
import { count } from "./formats.js";
import { CUSTOMERS } from "./queries.js";
import * as route from "./route.js";
import { empty, fill } from "./states.js";

const PAUSE = 200; // milliseconds without a key stroke, before the API is asked

/** The view in which a customer is picked. */
export function customersView() {
  document.title = "Customers – Usage and cost";
  const results = el("div", { class: "results" });
  const field = el("input", { id: "search", type: "search", autocomplete: "off", placeholder: "Name or key" });
  let timer = 0;
  const search = () =>
    fill(
      results,
      "customers",
      () => pageOf(field.value),
      (page) => listOf(page, field.value),
    );
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(search, PAUSE);
  });
  search();
  queueMicrotask(() => field.focus());
  const form = el("div", { class: "field" }, el("label", { for: "search" }, "Search"), field);
  const card = el("section", { class: "card customers" }, el("h1", {}, "Customers"), form, results);
  return { element: card };
}

async function pageOf(search, after = null) {
  const text = search.trim();
  return (await ask(CUSTOMERS, { search: text || null, after })).customers;
}

function listOf(page, search) {
  if (page.nodes.length === 0) {
    return search.trim()
      ? empty(`No customer matches “${search.trim()}”`, "Try a part of the name, or the key.")
      : empty("No customers yet", "They appear here once they are created through the API.");
  }
  const list = el("ul", { class: "picks" }, page.nodes.map(pick));
  return [el("p", { class: "hint" }, count(page.totalCount, "customer")), list, moreButton(list, page, search)];
}

function pick(customer) {
  const go = (event) => {
    event.preventDefault();
    route.go({ customer: customer.key });
  };
  const link = el(
    "a",
    { href: route.hrefOf({ customer: customer.key }), class: "pick", on: { click: go } },
    el("span", { class: "pick-name" }, customer.name),
    el("span", { class: "code" }, customer.key),
  );
  return el("li", {}, link);
}

function moreButton(list, page, search) {
  if (!page.pageInfo.hasNextPage) {
    return null;
  }
  const place = el("div", { class: "more" });
  const more = async () => {
    await fill(
      place,
      "more customers",
      () => pageOf(search, page.pageInfo.endCursor),
      (next) => {
        list.append(...next.nodes.map(pick));
        return moreButton(list, next, search);
      },
    );
  };
  show(place, el("button", { type: "button", class: "button", on: { click: more } }, "Show more"));
  return place;
}
