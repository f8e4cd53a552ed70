// Stop, entry and targets of a signal on one line of prices, as SVG.

import { s } from "./element.js";
import { percent, price } from "./formats.js";
import { t } from "./words.js";

const PAD = 5;

// Accepts a row of /signals or what /parse understood.
function marks(signal) {
  const all = signal.all_targets || signal.targets || [];
  const targets = all.map((text, index) => ({
    kind: "target",
    text,
    name: signal.target_final !== null && all.length > 2 && index === all.length - 1 ? t("final") : `${t("target")} ${index + 1}`,
  }));
  const found = [...targets];
  if (signal.stop !== null) found.push({ kind: "stop", text: signal.stop, name: t("stop") });
  return found.map((mark) => ({ ...mark, value: Number(mark.text) }));
}

function scaleOf(signal, width, found) {
  const entries = [signal.buy_min, signal.buy_max].filter((text) => text !== null).map(Number);
  const values = [...found.map((mark) => mark.value), ...entries].filter(Number.isFinite);
  if (!values.length) return null;
  const low = Math.min(...values);
  const high = Math.max(...values);
  const span = high - low || 1;
  return { entries, x: (value) => PAD + ((value - low) / span) * (width - 2 * PAD) };
}

function priceSentence(signal) {
  const parts = [`${t("entry")} ${entryText(signal)}`];
  parts.push(...marks(signal).map((mark) => `${mark.name} ${price(mark.text)}`));
  return parts.join(", ");
}

export function entryText(signal) {
  if (signal.buy_min === null) return t("market");
  if (signal.buy_min === signal.buy_max) return price(signal.buy_min);
  return `${price(signal.buy_min)} – ${price(signal.buy_max)}`;
}

// From the middle of the entry, as a share of it: what a target gains or the stop costs.
export function gain(signal, text) {
  if (signal.buy_min === null || text === null) return null;
  const entry = (Number(signal.buy_min) + Number(signal.buy_max)) / 2;
  if (!(entry > 0)) return null;
  const ratio = Number(text) / entry - 1;
  return signal.direction === "sell" ? -ratio : ratio;
}

export function smallBar(signal) {
  const width = 168;
  const height = 22;
  const bar = s("svg", { class: "bar-small", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": priceSentence(signal) });
  const found = marks(signal);
  const scale = scaleOf(signal, width, found);
  if (scale) bar.append(...drawing(signal, found, scale, height / 2, 7));
  return bar;
}

export function largeBar(signal, width) {
  const found = marks(signal);
  const scale = scaleOf(signal, width, found);
  if (!scale) return s("svg", { class: "bar-large", width, height: 0 });
  const labels = labelled(signal, found, scale, width);
  const rows = Math.max(...labels.map((label) => label.row)) + 1;
  const y = rows * 34 + 16;
  const bar = s("svg", {
    class: "bar-large", viewBox: `0 0 ${width} ${y + 16}`, width, height: y + 16, role: "img", "aria-label": priceSentence(signal),
  });
  for (const label of labels) bar.append(...written(label, y));
  bar.append(...drawing(signal, found, scale, y, 10));
  return bar;
}

function drawing(signal, found, scale, y, half) {
  const { x, entries } = scale;
  const parts = [s("line", { class: "track", x1: x(Math.min(...values(found, entries))), x2: x(Math.max(...values(found, entries))), y1: y, y2: y })];
  const stop = found.find((mark) => mark.kind === "stop");
  const targets = found.filter((mark) => mark.kind === "target");
  const middle = entries.length ? (entries[0] + entries.at(-1)) / 2 : null;
  if (middle !== null && stop) parts.push(zone("risk", x(stop.value), x(middle), y));
  if (middle !== null && targets.length) {
    const far = targets.reduce((a, b) => (Math.abs(b.value - middle) > Math.abs(a.value - middle) ? b : a));
    parts.push(zone("reward", x(middle), x(far.value), y));
  }
  if (entries.length) {
    const left = x(Math.min(...entries));
    const right = x(Math.max(...entries));
    const width = Math.max(right - left, 5);
    parts.push(s("rect", { class: "entry", x: (left + right - width) / 2, width, y: y - half, height: 2 * half, rx: 1.5 }));
  }
  for (const mark of found) {
    const at = x(mark.value);
    parts.push(s("line", { class: mark.kind, x1: at, x2: at, y1: y - half, y2: y + half }));
  }
  return parts;
}

function values(found, entries) {
  return [...found.map((mark) => mark.value), ...entries];
}

function zone(name, a, b, y) {
  return s("rect", { class: name, x: Math.min(a, b), width: Math.abs(b - a), y: y - 2, height: 4 });
}

// Each label goes into the lowest row where it does not touch another.
function labelled(signal, found, scale, width) {
  const labels = found.map((mark) => {
    const ratio = gain(signal, mark.text);
    const lines = [mark.name, price(mark.text) + (ratio === null ? "" : ` ${percent(ratio)}`)];
    return { kind: mark.kind, at: scale.x(mark.value), lines };
  });
  if (scale.entries.length) {
    const middle = (scale.entries[0] + scale.entries.at(-1)) / 2;
    labels.push({ kind: "entry", at: scale.x(middle), lines: [t("entry"), entryText(signal)] });
  }
  labels.sort((a, b) => a.at - b.at);
  const ends = [];
  for (const label of labels) {
    const size = Math.max(...label.lines.map((line) => line.length)) * 6.6 + 12;
    label.x = Math.min(Math.max(label.at, size / 2), width - size / 2);
    label.row = ends.findIndex((end) => end <= label.x - size / 2);
    if (label.row < 0) label.row = ends.push(0) - 1;
    ends[label.row] = label.x + size / 2;
  }
  return labels;
}

function written(label, y) {
  const top = y - 22 - label.row * 34;
  return [
    s("line", { class: "leader", x1: label.at, x2: label.at, y1: top + 4, y2: y }),
    s("rect", { class: "backing", x: label.x - 3 - label.lines[1].length * 3.3, width: label.lines[1].length * 6.6 + 6, y: top - 27, height: 31, rx: 3 }),
    s("text", { class: `name ${label.kind}`, x: label.x, y: top - 14 }, label.lines[0]),
    s("text", { class: "figure", x: label.x, y: top }, label.lines[1]),
  ];
}
