// Exact decimals, as the API sends them: texts such as "12.50". None of them ever passes through a float.

const GROUP = ","; // as the API's sentences have it
const MINUS = "\u2212";

/** A decimal or a fraction for people: a comma between thousands, a real minus, the places as they came. */
export function grouped(text) {
  const negative = text.startsWith("-");
  const [whole, places] = (negative ? text.slice(1) : text).split(".");
  const spaced = whole.replace(/\B(?=(\d{3})+(?!\d))/g, GROUP);
  return (negative ? MINUS : "") + spaced + (places === undefined ? "" : `.${places}`);
}

/** The same number with as few places as it needs, but at least so many; a fraction stays as it is. */
export function trimmed(text, placesMin = 0) {
  if (!/^-?\d+(\.\d+)?$/.test(text)) {
    return text;
  }
  const [whole, places = ""] = text.split(".");
  const needed = places.replace(/0+$/, "").padEnd(placesMin, "0");
  return needed ? `${whole}.${needed}` : whole;
}

/** How many places a decimal is written with. */
export function placesIn(text) {
  return placesOf(text).length;
}

/** The exact sum of decimals. */
export function sum(texts) {
  const places = Math.max(0, ...texts.map((text) => placesOf(text).length));
  const total = texts.reduce((running, text) => running + scaled(text, places), 0n);
  return unscaled(total, places);
}

/** Which of two decimals is greater: negative, 0 or positive, as a sort wants it. */
export function compare(left, right) {
  const places = Math.max(placesOf(left).length, placesOf(right).length);
  const difference = scaled(left, places) - scaled(right, places);
  return difference < 0n ? -1 : Number(difference > 0n);
}

/** Whether a decimal is nothing at all, however many places it has. */
export function isZero(text) {
  return /^-?0*(\.0*)?$/.test(text);
}

/** About how much it is, for a place on the screen and nothing else. */
export function heightOf(text) {
  return Number(text);
}

function placesOf(text) {
  return text.split(".")[1] ?? "";
}

function scaled(text, places) {
  const [whole, after = ""] = text.split(".");
  return BigInt(whole + after.padEnd(places, "0"));
}

function unscaled(number, places) {
  const digits = (number < 0n ? -number : number).toString().padStart(places + 1, "0");
  const whole = digits.slice(0, digits.length - places);
  const after = digits.slice(digits.length - places).replace(/0+$/, "");
  return (number < 0n ? "-" : "") + whole + (after ? `.${after}` : "");
}
