// Running costs as the API tells them, and the instants they are asked for.

import { ask } from "./api.js";
import { COST } from "./queries.js";

/** The running cost of a subscription at an instant, by default the last one there is; null before it begins. */
export async function costAt(subscription, at, signal = undefined) {
  return (await ask(COST, { subscription, at }, signal)).subscription?.runningCost ?? null;
}

/** Whether one instant comes before another. */
export function isBefore(left, right) {
  return Date.parse(left) < Date.parse(right);
}

/** The last microsecond before an instant: a period does not contain its own end, and this stands for all of it. */
export function justBefore(instant) {
  return new Date(Date.parse(instant) - 1).toISOString().replace("Z", "999Z");
}
