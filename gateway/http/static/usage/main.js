// The usage page: who asks, then which customer, then its account.

import { accountView } from "./account.js";
import { ask, onRefusal } from "./api.js";
import { customersView } from "./customers.js";
import { el, show } from "./dom.js";
import { closeDrawer, followDrawer } from "./drawer.js";
import { VIEWER } from "./queries.js";
import * as route from "./route.js";
import * as session from "./session.js";
import { signInView } from "./sign_in.js";
import { failed, loading } from "./states.js";

const main = document.getElementById("main");
const sessionBar = document.getElementById("session");
let viewer = null;
let shown = null;

function start() {
  session.adoptFromAddress();
  route.onChange(follow);
  onRefusal(leave);
  addEventListener("hashchange", adoptAnother);
  document.querySelector(".skip").addEventListener("click", skip);
  enter();
}

/** To the content by focus alone: the address says where one is, and is not to change. */
function skip(event) {
  event.preventDefault();
  main.focus();
}

/** A link with another key, pasted into the same tab. */
function adoptAnother() {
  const before = session.key();
  session.adoptFromAddress();
  if (session.key() !== before) {
    enter();
  }
}

async function enter() {
  viewer = null;
  shown = null;
  show(sessionBar);
  if (!session.key()) {
    showSignIn();
    return;
  }
  show(main, el("div", { class: "card" }, loading("who you are")));
  try {
    viewer = (await ask(VIEWER)).viewer;
  } catch (error) {
    if (session.key()) {
      show(main, el("div", { class: "card" }, failed(error, enter)));
    }
    return;
  }
  showSession();
  follow();
}

/** The key is refused, perhaps in the middle of things: ask for another, which then opens the same place. */
function leave(error) {
  viewer = null;
  session.forget();
  closeDrawer();
  show(sessionBar);
  showSignIn(error);
}

function showSignIn(error = null) {
  document.title = "Usage and cost";
  const enterWith = (text) => {
    session.keep(text);
    enter();
  };
  show(main, signInView(enterWith, error));
}

function showSession() {
  const away = el("button", { type: "button", class: "button button-quiet", on: { click: signOut } }, "Sign out");
  const who = viewer.customer ? el("span", { class: "who" }, viewer.customer.name) : null;
  show(sessionBar, who, away);
}

function signOut() {
  session.forget();
  closeDrawer();
  history.replaceState(null, "", location.pathname + location.search);
  enter();
}

/** Show the place that the address names. */
function follow() {
  if (viewer === null) {
    return;
  }
  const place = route.current();
  const customer = viewer.customer?.key ?? place.customer;
  if (shown?.customer !== customer) {
    shown = { customer, view: customer ? accountView(customer, !viewer.customer) : customersView() };
    show(main, shown.view.element);
    scrollTo(0, 0);
  }
  shown.view.follow?.(place);
  followDrawer(place);
}

start();
