// One customer's account: its subscription and billing period, and the sections that follow them.

import { ask } from "./api.js";
import { consumptionSection } from "./consumption.js";
import { costSection } from "./cost.js";
import { costAt } from "./costs.js";
import { el, show } from "./dom.js";
import { InvoiceBook } from "./invoice_book.js";
import { invoicesSection } from "./invoices.js";
import { Periods, periodPicker } from "./periods.js";
import { ACCOUNT } from "./queries.js";
import * as route from "./route.js";
import { empty, fill } from "./states.js";
import { unattributedNote } from "./unattributed.js";

/** The account of the customer with this key. `hasOthers` tells whether one may go back to a list of customers. */
export function accountView(key, hasOthers) {
  const element = el("div", { class: "account" });
  const view = { element, follow: () => null };
  fill(
    element,
    "the account",
    () => ask(ACCOUNT, { key }),
    ({ customer }) => {
      const back = hasOthers ? backLink() : null;
      if (customer === null) {
        const nobody = empty("There is no such customer", `Nobody has the key “${key}”.`);
        return [back, el("div", { class: "card" }, nobody)];
      }
      document.title = `${customer.name} – Usage and cost`;
      const content = accountContent(customer);
      view.follow = content.follow;
      return [back, content.elements];
    },
  );
  return view;
}

function backLink() {
  const away = { customer: null, subscription: null, period: null, invoice: null, line: null };
  const go = (event) => {
    event.preventDefault();
    route.go(away);
  };
  return el("a", { class: "back", href: route.hrefOf(away), on: { click: go } }, "← All customers");
}

function accountContent(customer) {
  const subscriptions = customer.subscriptions.nodes;
  const book = new InvoiceBook(customer.key);
  const places = { picker: el("div"), cost: el("div"), consumption: el("div") };
  let shown = null;

  function follow({ subscription: asked, period }) {
    const chosen = chosenOf(subscriptions, asked);
    if (chosen && shown?.subscription !== chosen) {
      shown = { subscription: chosen, view: subscriptionView(customer, chosen, book, places) };
    }
    shown?.view.follow(period);
  }

  if (subscriptions.length === 0) {
    show(places.cost, el("div", { class: "card" }, empty("No subscription yet", "Without one, nothing is billed.")));
  }
  follow(route.current());
  const head = headOf(customer, subscriptions, chosenOf(subscriptions, route.current().subscription));
  const side = el("div", { class: "side" }, places.consumption, invoicesSection(book));
  const grid = el("div", { class: "grid" }, places.cost, side);
  return { elements: [head, unattributedNote(customer.key), places.picker, grid], follow };
}

function chosenOf(subscriptions, id) {
  const asked = subscriptions.find((each) => each.id === id);
  return asked ?? subscriptions.find((each) => each.isActive) ?? subscriptions.at(-1);
}

function headOf(customer, subscriptions, chosen) {
  return el(
    "header",
    { class: "head" },
    el("h1", {}, customer.name),
    el("p", { class: "head-facts" }, el("span", { class: "code" }, customer.key), chosen ? factsOf(chosen) : null),
    subscriptions.length > 1 ? subscriptionPicker(subscriptions, chosen) : null,
  );
}

function factsOf(subscription) {
  const plan = subscription.plan?.name ?? subscription.planKey;
  const version = `${plan}, version ${subscription.planVersion}`;
  return [el("span", {}, version), el("span", {}, `Days in ${subscription.timeZone}`)];
}

function subscriptionPicker(subscriptions, chosen) {
  const options = subscriptions.map((each) =>
    el("option", { value: each.id, selected: each === chosen }, each.plan?.name ?? each.planKey, ` · ${each.key}`),
  );
  const change = (event) => route.go({ subscription: event.target.value, period: null });
  const select = el("select", { id: "subscription", on: { change } }, options);
  return el("div", { class: "field" }, el("label", { for: "subscription" }, "Subscription"), select);
}

/** Fills the places with what belongs to a subscription. */
function subscriptionView(customer, subscription, book, places) {
  let view = null;
  show(places.picker);
  show(places.consumption);
  fill(
    places.cost,
    "the subscription",
    () => costAt(subscription.id, null),
    (latest) => {
      if (latest === null) {
        return el("div", { class: "card" }, empty("This subscription has not begun", "It costs nothing yet."));
      }
      view = periodsView(customer, subscription, new Periods(book, subscription, latest));
      show(places.picker, view.picker);
      show(places.consumption, view.consumption);
      view.follow(route.current().period);
      return view.cost;
    },
  );
  return { follow: (period) => view?.follow(period) };
}

function periodsView(customer, subscription, periods) {
  const cost = costSection(subscription, periods.latest, (at) => consumption.mark(at));
  const consumption = consumptionSection(customer.key, subscription, (days) => cost.setDays(days));
  const picker = periodPicker(periods);
  let shown = null;

  async function follow(asked) {
    const period = await periods.find(asked);
    if (shown?.start !== period.start) {
      shown = period;
      picker.show(period);
      cost.show(period);
      consumption.show(period);
    }
  }

  return { picker: picker.element, cost: cost.element, consumption: consumption.element, follow };
}
