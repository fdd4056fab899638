// What stands where an answer will be, is missing, or could not be had.

import { announce, el, show } from "./dom.js";

/** Something is on its way; `lines` grey bars hold its place. */
export function loading(what, lines = 3) {
  const bars = Array.from({ length: lines }, () => el("span", { class: "skeleton-line" }));
  return el("div", { class: "skeleton", role: "status" }, el("span", { class: "unseen" }, `Loading ${what}…`), bars);
}

/** There is nothing, and that is no fault. */
export function empty(title, detail = null) {
  return el(
    "div",
    { class: "state" },
    el("p", { class: "state-title" }, title),
    detail ? el("p", { class: "state-detail" }, detail) : null,
  );
}

/** It failed: the API's own words, and a way to try again. */
export function failed(error, retry = null) {
  return el(
    "div",
    { class: "state state-failed", role: "alert" },
    el("p", { class: "state-title" }, error.isNoAccess ? "No access" : "This could not be loaded"),
    el("p", { class: "state-detail" }, error.message),
    error.correlationId ? el("p", { class: "state-detail code" }, `Reference ${error.correlationId}`) : null,
    retry ? el("button", { type: "button", class: "button", on: { click: retry } }, "Try again") : null,
  );
}

/**
 * Show in `place` what `load` promises, with the states before and instead. A later call for the same place
 * overtakes an earlier one, whose answer is then dropped.
 */
export async function fill(place, what, load, render) {
  const turn = Symbol(what);
  turns.set(place, turn);
  show(place, loading(what));
  place.setAttribute("aria-busy", "true");
  const outcome = await attempt(load);
  if (turns.get(place) !== turn) {
    return;
  }
  place.removeAttribute("aria-busy");
  if (outcome.error) {
    show(
      place,
      failed(outcome.error, () => fill(place, what, load, render)),
    );
  } else {
    show(place, render(outcome.value));
    announce(`Loaded ${what}`);
  }
}

const turns = new WeakMap();

async function attempt(load) {
  try {
    return { value: await load() };
  } catch (error) {
    return { error };
  }
}
