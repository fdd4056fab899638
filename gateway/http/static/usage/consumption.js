// Daily consumption of one meter as a chart, whole or told apart by a dimension, and the same as a table.

import { ask } from "./api.js";
import { consumptionChart } from "./chart.js";
import { consumptionTable } from "./consumption_table.js";
import { el, show } from "./dom.js";
import { count, periodName, quantity } from "./formats.js";
import { CONSUMPTION } from "./queries.js";
import { stacked } from "./stacks.js";
import { empty, fill } from "./states.js";

/** The section of consumption. `onDays` is told the days of the period shown, as the API divides it. */
export function consumptionSection(customer, subscription, onDays) {
  const meters = metersOf(subscription);
  const place = el("div", { class: "consumption-body" });
  const dimension = el("select", { id: "dimension", on: { change: () => load() } });
  const dimensionField = field("dimension", "Group by", dimension);
  const meter = el("select", { id: "meter", on: { change: () => choose() } }, meters.map(meterOption));
  const tools = el("div", { class: "tools" }, field("meter", "Meter", meter), dimensionField);
  const title = el("h2", { id: "consumption-title" }, "Daily consumption");
  const element = el(
    "section",
    { class: "card consumption", "aria-labelledby": "consumption-title" },
    el("div", { class: "card-head" }, title, meters.length ? tools : null),
    place,
  );
  let period = null;
  let mark = null;
  let chart = null;

  function choose() {
    const { dimensions } = chosen().current;
    dimensionField.hidden = dimensions.length === 0;
    const names = dimensions.map((name) => el("option", { value: name }, name));
    show(dimension, el("option", { value: "" }, "Nothing"), names);
    dimension.value = dimensions[0] ?? "";
    load();
  }

  const chosen = () => meters.find((each) => each.key === meter.value);

  function load() {
    const variables = variablesOf(customer, subscription, period, chosen(), dimension.value);
    fill(
      place,
      "the consumption",
      () => ask(CONSUMPTION, variables),
      (answer) => draw(answer),
    );
  }

  function draw({ whole, days, groups }) {
    const stack = stacked(days.points, groups?.points ?? null);
    chart = consumptionChart(stack, chosen(), subscription.timeZone);
    chart.mark(mark);
    onDays(days.points);
    const table = consumptionTable(stack, chosen(), subscription.timeZone);
    return [totalOf(whole, chosen()), chart.element, table];
  }

  function present(shown) {
    period = shown;
    show(title, "Daily consumption");
    title.append(el("span", { class: "unseen" }, ` in ${periodName(period)}`));
    if (meters.length === 0) {
      show(place, empty("Nothing is metered", "The plan has no price that depends on usage."));
    } else {
      choose();
    }
  }

  return { element, show: present, mark: (at) => ((mark = at), chart?.mark(at)) };
}

/** The meters that the subscription's plan prices, each once. */
function metersOf(subscription) {
  const priced = (subscription.plan?.prices ?? []).map((price) => price.meter).filter(Boolean);
  return [...new Map(priced.map((meter) => [meter.key, meter])).values()];
}

function meterOption(meter) {
  return el("option", { value: meter.key }, meter.name);
}

function variablesOf(customer, subscription, period, meter, dimension) {
  return {
    customer,
    from: period.start,
    to: period.end,
    meters: [meter.key],
    zone: subscription.timeZone,
    groupBy: dimension ? [dimension] : [],
    isGrouped: Boolean(dimension),
  };
}

function totalOf({ points }, meter) {
  const [point = { quantity: "0", events: "0" }] = points;
  return el(
    "p",
    { class: "consumption-total" },
    el("strong", {}, quantity(point.quantity, meter.unit)),
    el("span", { class: "hint" }, ` in this period, from ${count(point.events, "event")}`),
  );
}

function field(id, label, control) {
  return el("div", { class: "field field-inline" }, el("label", { for: id }, label), control);
}
