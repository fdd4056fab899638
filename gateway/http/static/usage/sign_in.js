// Where a key is typed or pasted.

import { el } from "./dom.js";

/** The form that asks for a key; `error` says why the last one was refused. */
export function signInView(enterWith, error) {
  const field = el("input", {
    id: "key",
    name: "key",
    type: "password",
    autocomplete: "off",
    autocapitalize: "none",
    spellcheck: "false",
    required: true,
    placeholder: "ugw_…",
    "aria-describedby": error ? "key-error key-help" : "key-help",
    "aria-invalid": error ? "true" : null,
  });
  const submit = (event) => {
    event.preventDefault();
    enterWith(field.value);
  };
  queueMicrotask(() => field.focus());
  return el(
    "section",
    { class: "card sign-in", "aria-labelledby": "sign-in-title" },
    el("h1", { id: "sign-in-title" }, "See what was used, and what it costs"),
    el("p", { class: "lead" }, "Usage as it arrives, the cost so far and projected, and every invoice line explained."),
    el("form", { on: { submit } }, labelled(field), refusal(error), openButton(), help()),
  );
}

function labelled(field) {
  return el("div", { class: "field" }, el("label", { for: "key" }, "API key or customer token"), field);
}

function refusal(error) {
  return error
    ? el("p", { id: "key-error", class: "field-error", role: "alert" }, el("strong", {}, "No access. "), error.message)
    : null;
}

function openButton() {
  return el("button", { type: "submit", class: "button button-main" }, "Open");
}

function help() {
  return el("p", { id: "key-help", class: "hint" }, "Kept in this tab only, and forgotten when you close it.");
}
