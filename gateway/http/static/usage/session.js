// The key that this tab asks with: kept until the tab is closed, never in the address.

const NAME = "usage-gateway.key";

/** The key, or null. */
export function key() {
  return sessionStorage.getItem(NAME);
}

/** Ask with this key from now on. */
export function keep(text) {
  sessionStorage.setItem(NAME, text.trim());
}

/** Forget the key. */
export function forget() {
  sessionStorage.removeItem(NAME);
}

/** Take a key out of the address (`#key=...`), at once, so that it is neither shown nor sent on. */
export function adoptFromAddress() {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const found = fragment.get("key");
  if (found === null) {
    return;
  }
  fragment.delete("key");
  history.replaceState(null, "", `${location.pathname}${location.search}#${fragment}`);
  keep(found);
}
