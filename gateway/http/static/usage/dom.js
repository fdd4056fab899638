// Elements of the page. Whatever is shown becomes text, never markup.

/**
 * A new element. `attributes` may hold `class`, any HTML attribute, `on` with listeners, and booleans;
 * children are elements, texts, lists of them, or null for nothing.
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    setAttribute(element, name, value);
  }
  element.append(...present(children));
  return element;
}

/** Show these children, and nothing else, in `element`. */
export function show(element, ...children) {
  element.replaceChildren(...present(children));
  return element;
}

/** Tell people who listen to the page rather than see it. */
export function announce(text) {
  document.getElementById("announcements").textContent = text;
}

let lastId = 0;

/** An id that no other element has, to tie a label or a heading to what it names. */
export function freshId(prefix) {
  lastId += 1;
  return `${prefix}-${lastId}`;
}

function setAttribute(element, name, value) {
  if (name === "on") {
    Object.entries(value).forEach(([event, listener]) => element.addEventListener(event, listener));
  } else if (value === true) {
    element.setAttribute(name, "");
  } else if (value !== false && value !== null && value !== undefined) {
    element.setAttribute(name, value);
  }
}

function present(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
}
