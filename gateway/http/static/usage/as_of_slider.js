// The days of a billing period on a slider: how things stood at the end of each.

import { isBefore, justBefore } from "./costs.js";
import { el } from "./dom.js";
import { dayOf, instant } from "./formats.js";

const PAUSE = 120; // milliseconds without a move, before the cost is asked for

/** A slider over days; `choose` is told the instant, null for the latest that the API knows. */
export function asOfSlider(zone, choose) {
  const input = el("input", { id: "as-of", type: "range", min: 0, max: 1, step: 1 });
  const output = el("output", { for: "as-of", class: "as-of-value" });
  const label = el("label", { for: "as-of" }, "As of");
  const ends = el("div", { class: "as-of-ends", "aria-hidden": "true" }, el("span"), el("span"));
  const head = el("div", { class: "as-of-head" }, label, output);
  const element = el("div", { class: "as-of", hidden: true }, head, input, ends);
  let stops = [];
  let shown = null;
  let timer = 0;

  function tell() {
    const stop = stops[Number(input.value)];
    output.textContent = stop.name;
    input.setAttribute("aria-valuetext", stop.name);
    const share = input.max === "0" ? 1 : Number(input.value) / Number(input.max);
    input.style.setProperty("--share", `${100 * share}%`);
  }

  function setDays(days, period, latest) {
    if (shown === period.start) {
      return; // Another meter of the same period: the days are the same, and so is the one chosen.
    }
    shown = period.start;
    stops = stopsOf(days, period, latest, zone);
    input.max = String(stops.length - 1);
    input.value = input.max;
    element.hidden = stops.length < 2;
    [stops[0], stops.at(-1)].forEach((stop, at) => (ends.children[at].textContent = stop.shortName));
    tell();
  }

  input.addEventListener("input", () => {
    tell();
    clearTimeout(timer);
    timer = setTimeout(() => choose(stops[Number(input.value)].at), PAUSE);
  });
  const clear = () => {
    clearTimeout(timer);
    shown = null;
    element.hidden = true;
  };
  return { element, setDays, clear };
}

/** The beginning, the end of each day that has passed, and the latest instant that there is. */
function stopsOf(days, period, latest, zone) {
  const limit = period.start === latest.period.start ? latest.at : period.end;
  const passed = days.filter((day) => isBefore(day.endsAt, limit));
  const first = dayOf(period.start, zone);
  const ends = passed.map((day) => ({ at: day.endsAt, name: `End of ${dayOf(day.startsAt, zone)}` }));
  const today = dayOf(days[passed.length]?.startsAt ?? period.start, zone);
  const last = lastStop(period, latest, today, zone);
  return [{ at: period.start, name: `Beginning of ${first}`, shortName: first }, ...ends, last];
}

function lastStop(period, latest, day, zone) {
  const end = { name: `End of ${day}`, shortName: day };
  if (period.start !== latest.period.start) {
    return { at: justBefore(period.end), ...end };
  }
  const hasEnded = !isBefore(latest.at, justBefore(period.end));
  return { at: null, ...(hasEnded ? end : { name: `Now, ${instant(latest.at, zone)}`, shortName: "Now" }) };
}
