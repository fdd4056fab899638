// The days of a billing period on a slider: how things stood at the end of each.

import { isBefore } from "./costs.js";
import { el } from "./dom.js";
import { dayOf, instant } from "./formats.js";

const PAUSE = 120; // milliseconds without a move, before the cost is asked for

/** A slider over days; `choose` is told the instant, null for the latest that the API knows. */
export function asOfSlider(zone, choose) {
  const input = el("input", { id: "as-of", type: "range", min: 0, max: 1, step: 1 });
  const output = el("output", { for: "as-of", class: "as-of-value" });
  const label = el("label", { for: "as-of" }, "As of");
  const ends = el("div", { class: "as-of-ends", "aria-hidden": "true" }, el("span"), el("span"));
  const element = el("div", { class: "as-of", hidden: true }, el("div", { class: "as-of-head" }, label, output), input, ends);
  let stops = [];
  let timer = 0;

  function tell() {
    const stop = stops[Number(input.value)];
    output.textContent = stop.name;
    input.setAttribute("aria-valuetext", stop.name);
    const share = input.max === "0" ? 1 : Number(input.value) / Number(input.max);
    input.style.setProperty("--share", `${100 * share}%`);
  }

  function setDays(days, period, latest) {
    const key = stops.key;
    stops = stopsOf(days, period, latest, zone);
    stops.key = period.start;
    if (key === period.start && !element.hidden) {
      return; // Another meter of the same period: the days are the same, and so is the one chosen.
    }
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
    element.hidden = true;
  };
  return { element, setDays, clear };
}

/** The beginning, the end of each day that has passed, and the latest instant that there is. */
function stopsOf(days, period, latest, zone) {
  const isLatest = period.start === latest.period.start;
  const limit = isLatest ? latest.at : period.end;
  const passed = days.filter((day) => isBefore(day.endsAt, limit));
  const beginning = { at: period.start, name: `Beginning of ${dayOf(period.start, zone)}`, shortName: dayOf(period.start, zone) };
  const ends = passed.map((day) => ({ at: day.endsAt, name: `End of ${dayOf(day.startsAt, zone)}` }));
  return [beginning, ...ends, lastStop(days, passed, period, latest, zone)];
}

function lastStop(days, passed, period, latest, zone) {
  const day = dayOf(days[passed.length]?.startsAt ?? period.start, zone);
  if (period.start !== latest.period.start) {
    return { at: new Date(Date.parse(period.end) - 1).toISOString(), name: `End of ${day}`, shortName: day };
  }
  const hasEnded = Date.parse(period.end) - Date.parse(latest.at) < 1000;
  return { at: null, name: hasEnded ? `End of ${day}` : `Now, ${instant(latest.at, zone)}`, shortName: hasEnded ? day : "Now" };
}
