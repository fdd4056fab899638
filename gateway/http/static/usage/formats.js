// How money, quantities, days and instants are written.

import { el } from "./dom.js";
import { grouped, trimmed } from "./decimals.js";

const LANGUAGE = "en-GB";
const formatters = new Map();

/** A number that people read and programs can: the element carries the value as the API sent it. */
export function number(text) {
  return el("data", { value: text, class: "number" }, grouped(text));
}

/** A quantity with its unit, without places that say nothing. */
export function quantity(text, unit) {
  const plain = trimmed(text);
  return [number(plain), unit ? el("span", { class: "unit" }, ` ${unitFor(plain, unit)}`) : null];
}

/** The unit of so many: "1 mile", "2 miles", "3 aircraft", "4 GB". Only plain English words take an s. */
export function unitFor(text, unit) {
  const isPlural = text !== "1" && /^[a-z]{4,}$/.test(unit) && !/(s|craft|ch|x|z|[^aeiou]y)$/.test(unit);
  return isPlural ? `${unit}s` : unit;
}

/** An amount with its currency. */
export function money({ amount, currency }) {
  return el("span", { class: "money" }, number(amount), el("span", { class: "currency" }, ` ${currency}`));
}

/** An amount with its currency, as a text. */
export function moneyText({ amount, currency }) {
  return `${grouped(amount)} ${currency}`;
}

/** A calendar day such as "2013-01-31". */
export function day(date) {
  return format(instantOf(date), { day: "numeric", month: "short", year: "numeric" }, "UTC");
}

/** The day that an instant falls on in a zone. */
export function dayOf(instant, zone) {
  return format(new Date(instant), { day: "numeric", month: "short", year: "numeric" }, zone);
}

/** The day that an instant falls on in a zone, with its weekday and without its year. */
export function weekdayOf(instant, zone) {
  return format(new Date(instant), { weekday: "short", day: "numeric", month: "short" }, zone);
}

/** Only the number of the day in its month. */
export function dayNumberOf(instant, zone) {
  return format(new Date(instant), { day: "numeric" }, zone);
}

/** An instant in a zone, to the second where it has any. */
export function instant(text, zone) {
  const date = new Date(text);
  const second = date.getUTCSeconds() ? "2-digit" : undefined;
  const parts = { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", second };
  return format(date, { ...parts, hourCycle: "h23" }, zone);
}

/** A period by its days: "March 2013" for a calendar month, else "15 Mar – 14 Apr 2013". */
export function periodName({ firstDay, lastDay }) {
  if (isCalendarMonth(firstDay, lastDay)) {
    return format(instantOf(firstDay), { month: "long", year: "numeric" }, "UTC");
  }
  if (firstDay === lastDay) {
    return day(firstDay);
  }
  const isSameYear = firstDay.slice(0, 4) === lastDay.slice(0, 4);
  const year = isSameYear ? undefined : "numeric";
  return `${format(instantOf(firstDay), { day: "numeric", month: "short", year }, "UTC")} – ${day(lastDay)}`;
}

/** A word of the API for people: `NOT_A_NUMBER` is "Not a number". */
export function words(name) {
  const lower = name.toLowerCase().replaceAll("_", " ");
  return lower.charAt(0).toUpperCase() + lower.slice(1);
}

/** So many things, such as "1 event" and "1,200 events". */
export function count(text, noun) {
  return `${grouped(text)} ${noun}${text === "1" ? "" : "s"}`;
}

function isCalendarMonth(firstDay, lastDay) {
  const [year, month, first] = firstDay.split("-").map(Number);
  const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
  return first === 1 && lastDay === `${firstDay.slice(0, 8)}${String(last).padStart(2, "0")}`;
}

function instantOf(date) {
  return new Date(`${date}T00:00:00Z`);
}

function format(date, parts, timeZone) {
  const key = JSON.stringify([parts, timeZone]);
  if (!formatters.has(key)) {
    formatters.set(key, new Intl.DateTimeFormat(LANGUAGE, { ...parts, timeZone }));
  }
  return formatters.get(key).format(date);
}
