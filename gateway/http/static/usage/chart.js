// The chart of daily consumption: uPlot draws, exact texts are shown.

import { compare, grouped, heightOf, isZero, trimmed } from "./decimals.js";
import { el, show } from "./dom.js";
import { dayNumberOf, quantity, unitFor, weekdayOf } from "./formats.js";

const HEIGHT = 260;
const WIDTH_MIN = 260;
const darkness = matchMedia("(prefers-color-scheme: dark)");

/** Bars by day in layers. `mark(at)` greys the days from an instant on; null greys none. */
export function consumptionChart(stack, meter, zone) {
  const { days, layers } = stack;
  const drawing = el("div", { class: "chart-drawing", role: "img", "aria-label": summary(stack, meter, zone) });
  const readout = el("p", { class: "chart-readout", "aria-hidden": "true" });
  const element = el("div", { class: "chart" }, layers[0]?.name ? legend(layers) : null, drawing, readout);
  let plot = null;
  let marked = null;

  function draw() {
    plot?.destroy();
    const width = Math.max(WIDTH_MIN, drawing.clientWidth);
    plot = new globalThis.uPlot(
      options(width, days, layers, zone, () => marked, read),
      heights(stack),
      drawing,
    );
    read(null);
  }

  function read(index) {
    const hint = el("span", { class: "hint" }, "Point at a day to read it.");
    show(readout, index === null ? hint : dayText(stack, index, meter, zone));
  }

  const watcher = new ResizeObserver(() => {
    if (!plot || plot.width !== Math.max(WIDTH_MIN, drawing.clientWidth)) {
      draw();
    }
  });
  watcher.observe(drawing);
  darkness.addEventListener("change", () => drawing.isConnected && draw());
  const mark = (at) => {
    marked = at === null ? null : days.findIndex((day) => Date.parse(day.startsAt) >= Date.parse(at));
    plot?.redraw(false);
  };
  return { element, mark };
}

function options(width, days, layers, zone, marked, read) {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    padding: [12, 8, 0, 0],
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
    scales: {
      x: { time: false, range: [-0.6, days.length - 0.4] },
      y: { range: (_plot, _low, high) => rangeTo(high) },
    },
    axes: axes(days, zone, colour),
    series: [{}, ...layers.map((_, at) => bars(colour(`series-${layers.length - at}`)))],
    hooks: {
      draw: [(plot) => veil(plot, marked(), colour("surface"))],
      setCursor: [(plot) => read(plot.cursor.idx ?? null)],
    },
  };
}

function rangeTo(high) {
  return [0, high > 0 ? high * 1.06 : 1];
}

function axes(days, zone, colour) {
  const axis = { stroke: colour("text-quiet"), font: "12px system-ui, sans-serif", ticks: { show: false } };
  const dayLabels = (_plot, ticks) => ticks.map((tick) => dayLabel(days[tick], zone));
  const quantities = (_plot, ticks) => ticks.map(tickText);
  return [
    { ...axis, grid: { show: false }, size: 28, values: dayLabels, incrs: [1, 2, 5, 7, 14, 30, 61], space: 28 },
    { ...axis, grid: { stroke: colour("line"), width: 1 }, values: quantities, size: axisSize },
  ];
}

function bars(fill) {
  const paths = globalThis.uPlot.paths.bars({ size: [0.72, 44], radius: 0 });
  return { fill, width: 0, points: { show: false }, paths };
}

/** The tops of the layers, lowest layer last, so that higher ones are painted first and lower ones over them. */
function heights({ days, layers }) {
  const tops = days.map(() => 0);
  const sums = layers.map((layer) => layer.quantities.map((text, index) => (tops[index] += heightOf(text))));
  return [days.map((_, index) => index), ...sums.reverse()];
}

/** Let the days from `from` on show through, as they are not counted yet. */
function veil(plot, from, colour) {
  if (from === null || from < 0) {
    return;
  }
  const { ctx, bbox } = plot;
  const left = plot.valToPos(from - 0.5, "x", true);
  ctx.save();
  ctx.globalAlpha = 0.74;
  ctx.fillStyle = colour;
  ctx.fillRect(left, bbox.top, bbox.left + bbox.width - left, bbox.height);
  ctx.restore();
}

function axisSize(_plot, values) {
  const longest = Math.max(0, ...(values ?? []).map((value) => value.length));
  return 16 + longest * 7;
}

function tickText(tick) {
  return grouped(String(Number(tick.toPrecision(12))));
}

function dayLabel(day, zone) {
  return day ? dayNumberOf(day.startsAt, zone) : "";
}

function dayText({ days, layers }, index, meter, zone) {
  const day = days[index];
  const named = layers.filter((layer) => layer.name !== null && !isZero(layer.quantities[index]));
  const parts = named.map((layer) =>
    el("span", { class: "readout-part" }, layer.name, " ", quantity(layer.quantities[index])),
  );
  return [el("strong", {}, weekdayOf(day.startsAt, zone)), el("span", {}, quantity(day.quantity, meter.unit)), parts];
}

function legend(layers) {
  const entries = layers.map((layer, at) =>
    el("li", {}, el("span", { class: `swatch swatch-${at + 1}`, "aria-hidden": "true" }), layer.name),
  );
  return el("ul", { class: "legend", "aria-label": "Colours of the chart" }, entries);
}

/** What the chart shows, for those who do not see it. */
function summary({ days, layers }, meter, zone) {
  if (days.length === 0) {
    return `No days to show for ${meter.name}.`;
  }
  const most = days.reduce((best, day) => (compare(day.quantity, best.quantity) > 0 ? day : best));
  const names = layers.map((layer) => layer.name).filter(Boolean);
  const told = names.length ? `, told apart by ${names.join(", ")}` : "";
  const highest = trimmed(most.quantity);
  const peak = `${grouped(highest)} ${unitFor(highest, meter.unit)} on ${weekdayOf(most.startsAt, zone)}`;
  return `Bars of ${meter.name} by day${told}. The most was ${peak}. The table below has all days.`;
}
