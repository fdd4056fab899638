// Quantities by day, and by day and dimension value, as layers of a chart.

import { compare, sum } from "./decimals.js";

const LAYERS_MAX = 6;
const NOTHING = "0";

/**
 * Days with the layers that they are made of, the greatest first; what is beyond the sixth is one layer "Others".
 * Without groups there is a single layer that has no name.
 */
export function stacked(days, groups) {
  if (groups === null) {
    return { days, layers: [{ name: null, quantities: days.map((day) => day.quantity) }] };
  }
  const layers = layersOf(days, groups).sort((left, right) => compare(right.total, left.total));
  const others = layers.slice(LAYERS_MAX);
  return { days, layers: others.length > 1 ? [...layers.slice(0, LAYERS_MAX), merged(others, days)] : layers };
}

function layersOf(days, groups) {
  const indexes = new Map(days.map((day, index) => [day.startsAt, index]));
  const layers = new Map();
  for (const point of groups) {
    const name = point.dimensions.map((each) => each.value).join(", ") || "(none)";
    const layer = layers.get(name) ?? { name, quantities: days.map(() => NOTHING) };
    layer.quantities[indexes.get(point.startsAt)] = point.quantity;
    layers.set(name, layer);
  }
  return [...layers.values()].map((layer) => ({ ...layer, total: sum(layer.quantities) }));
}

function merged(layers, days) {
  const quantities = days.map((_, index) => sum(layers.map((layer) => layer.quantities[index])));
  return { name: `${layers.length} others`, quantities };
}
