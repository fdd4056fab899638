// Where one is on the page, kept in the address so that the back button and links work.

const NAMES = ["customer", "subscription", "period", "invoice", "line"];
const listeners = [];

/** What the address names: the customer's key, the period's first instant, ids of invoice and line; or null each. */
export function current() {
  const fragment = new URLSearchParams(location.hash.slice(1));
  return Object.fromEntries(NAMES.map((name) => [name, fragment.get(name)]));
}

/** Go to the present place with `changes`; a null takes a name out. `isReplacing` leaves no step to go back to. */
export function go(changes, isReplacing = false) {
  const address = hrefOf(changes);
  if (isReplacing) {
    history.replaceState(null, "", address);
  } else {
    history.pushState(null, "", address);
  }
  listeners.forEach((listener) => listener());
}

/** The address of the present place with `changes`, for a link. */
export function hrefOf(changes) {
  const place = { ...current(), ...changes };
  const fragment = new URLSearchParams();
  NAMES.filter((name) => place[name]).forEach((name) => fragment.set(name, place[name]));
  return `${location.pathname}${location.search}#${fragment}`;
}

/** Call `listener` whenever the place changes. */
export function onChange(listener) {
  listeners.push(listener);
}

addEventListener("popstate", () => listeners.forEach((listener) => listener()));
