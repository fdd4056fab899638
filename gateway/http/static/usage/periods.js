// The billing periods of a subscription, and how one is picked.

import { costAt, isBefore, justBefore } from "./costs.js";
import { el, show } from "./dom.js";
import { periodName } from "./formats.js";
import * as route from "./route.js";

/** The periods known so far: the latest, those that invoices bill, and those asked for by an instant. */
export class Periods {
  constructor(book, subscription, latest) {
    this.book = book;
    this.subscription = subscription;
    this.latest = latest;
    this.known = new Map([[latest.period.start, latest.period]]);
  }

  /** All that are known, the newest first. */
  get all() {
    return [...this.known.values()].sort((left, right) => Date.parse(right.start) - Date.parse(left.start));
  }

  /** The period that begins at or contains this instant; the latest one without an instant, or outside of all. */
  async find(instant) {
    if (instant === null || this.known.has(instant)) {
      return this.known.get(instant) ?? this.latest.period;
    }
    return (await this.around(instant).catch(() => null)) ?? this.latest.period;
  }

  /** The period that contains this instant, as the API says; null if there is none. */
  async around(instant) {
    const period = (await costAt(this.subscription.id, instant))?.period ?? null;
    if (period) {
      this.known.set(period.start, period);
    }
    return period;
  }

  /** Learn the periods of the usage that invoices bill. */
  async learn() {
    const { invoices } = await this.book.all();
    invoices.filter((invoice) => invoice.subscription?.id === this.subscription.id).forEach((each) => this.add(each));
  }

  add(invoice) {
    for (const { period, timing } of invoice.lines) {
      if (timing === "IN_ARREARS" && !isBefore(this.latest.period.start, period.start)) {
        this.known.set(period.start, period);
      }
    }
  }
}

/** A list of periods with buttons to the one before and after. */
export function periodPicker(periods) {
  const select = el("select", { id: "period", on: { change: () => route.go({ period: select.value }) } });
  const before = stepButton("Previous period", "‹", () => step(justBefore(shown.start)));
  const after = stepButton("Next period", "›", () => step(shown.end));
  let shown = null;

  async function step(instant) {
    const period = await periods.around(instant).catch(() => null);
    if (period && period.start !== shown.start) {
      route.go({ period: period.start });
    }
  }

  function draw() {
    const options = periods.all.map(({ start, ...days }) =>
      el("option", { value: start, selected: start === shown.start }, periodName(days)),
    );
    show(select, options);
    before.disabled = !isBefore(periods.subscription.startsAt, shown.start);
    after.disabled = !isBefore(shown.start, periods.latest.period.start);
  }

  periods.learn().then(draw, () => null); // Without the list, the buttons still lead everywhere.
  const label = el("label", { for: "period" }, "Billing period");
  const element = el("div", { class: "periods" }, label, el("div", { class: "periods-bar" }, before, select, after));
  return { element, show: (period) => ((shown = period), draw()) };
}

function stepButton(label, text, click) {
  return el("button", { type: "button", class: "button button-step", "aria-label": label, on: { click } }, text);
}
