// Lists that the API gives in pages: one page at a time, with a way forward and back.

import { announce, el, show } from "./dom.js";
import { count, number } from "./formats.js";
import { failed } from "./states.js";

const PAGE_SIZE = 20;

/**
 * A list in pages. `first` is the connection's first page, `fetchPage(after)` promises a later one,
 * `render(nodes)` shows one; `total` is the number of all nodes as a text, or null if it is not known.
 */
export function pagedList({ first, fetchPage, render, total, noun }) {
  const pages = [first];
  let index = 0;
  const body = el("div", { class: "pages-body" });
  const place = el("p", { class: "pages-place" });
  const back = el("button", { type: "button", class: "button", on: { click: () => turn(index - 1) } }, "Previous");
  const forward = el("button", { type: "button", class: "button", on: { click: () => turn(index + 1) } }, "Next");
  const bar = el("nav", { class: "pages-bar", "aria-label": `Pages of ${noun}s` }, place, back, forward);

  async function turn(to) {
    body.setAttribute("aria-busy", "true");
    try {
      pages[to] ??= await fetchPage(pages[to - 1].pageInfo.endCursor);
      index = to;
      draw();
      announce(place.textContent);
    } catch (error) {
      show(
        body,
        failed(error, () => turn(to)),
      );
    }
    body.removeAttribute("aria-busy");
  }

  function draw() {
    const { nodes, pageInfo } = pages[index];
    show(body, render(nodes));
    show(place, placeOf(index, nodes.length, total, noun));
    back.disabled = index === 0;
    forward.disabled = !pageInfo.hasNextPage;
    bar.hidden = index === 0 && !pageInfo.hasNextPage;
  }

  draw();
  return el("div", { class: "pages" }, body, bar);
}

/** An array in pages. */
export function pagedArray(values, render, noun) {
  const pageFrom = (start) => {
    const end = start + PAGE_SIZE;
    return { nodes: values.slice(start, end), pageInfo: { hasNextPage: end < values.length, endCursor: end } };
  };
  return pagedList({ first: pageFrom(0), fetchPage: pageFrom, render, total: String(values.length), noun });
}

function placeOf(index, shown, total, noun) {
  const start = index * PAGE_SIZE;
  const range = [number(String(start + 1)), " to ", number(String(start + shown))];
  return total === null ? range : [range, ` of ${count(total, noun)}`];
}
