// Messages and signals of each hour as bars.

import { byId, h, s } from "./element.js";
import { clock, count, dayAndClock, hourOfDay, shortDay } from "./formats.js";
import { t } from "./words.js";

const HOUR = 3_600_000;
const HEIGHT = 150;
const LEFT = 30;
const BOTTOM = 22;
const TOP = 8;

export class HourChart {
  constructor() {
    this.figure = byId("hours");
    this.hours = [];
    this.length = 48;
    this.buttons = document.querySelectorAll("[data-hours]");
    for (const button of this.buttons) {
      button.addEventListener("click", () => {
        this.length = Number(button.dataset.hours);
        for (const each of this.buttons) each.setAttribute("aria-pressed", String(each === button));
        this.render();
      });
    }
    new ResizeObserver(() => this.render()).observe(this.figure);
  }

  show(hours) {
    this.hours = hours;
    this.render();
  }

  render() {
    const width = Math.round(this.figure.clientWidth);
    if (!width) return;
    const slots = this.slots();
    const label = this.sentence(slots);
    const most = nice(Math.max(...slots.map((slot) => slot.messages), 1));
    const step = (width - LEFT) / slots.length;
    const y = (number) => HEIGHT - BOTTOM - (number / most) * (HEIGHT - BOTTOM - TOP);
    const chart = s("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, role: "img", "aria-label": label });
    for (const number of [0, most / 2, most]) {
      if (!Number.isInteger(number)) continue;
      chart.append(
        s("line", { class: "grid", x1: LEFT, x2: width, y1: y(number), y2: y(number) }),
        s("text", { class: "axis end", x: LEFT - 6, y: y(number) + 4 }, count(number)),
      );
    }
    slots.forEach((slot, index) => chart.append(...this.column(slot, LEFT + index * step, step, y)));
    chart.append(...this.labels(slots, step));
    const legend = h("figcaption", {},
      h("span", { class: "key messages" }, t("messages")), h("span", { class: "key signals" }, t("signals")));
    this.figure.replaceChildren(chart, legend);
  }

  column(slot, x, step, y) {
    const gap = step > 4 ? 1 : 0.4;
    const bar = (name, number) => s("rect", {
      class: name, x: x + gap / 2, width: step - gap, y: y(number), height: Math.max(0, y(0) - y(number)), rx: step > 5 ? 1 : 0,
    });
    const told = `${dayAndClock(slot.at)}: ${count(slot.messages)} ${t("messages").toLowerCase()}, ${count(slot.signals)} ${t("signals").toLowerCase()}`;
    return [s("g", {}, s("title", {}, told),
      s("rect", { class: "touch", x, width: step, y: TOP, height: HEIGHT - BOTTOM - TOP }),
      bar("messages", slot.messages), bar("signals", slot.signals))];
  }

  labels(slots, step) {
    const days = this.length > 48;
    const found = [];
    slots.forEach((slot, index) => {
      const hour = hourOfDay(slot.at);
      const x = LEFT + index * step;
      if (x > LEFT + step * slots.length - 26) return;
      if (days ? hour === 0 : hour % 12 === 0) {
        found.push(s("line", { class: "tick", x1: x, x2: x, y1: HEIGHT - BOTTOM, y2: HEIGHT - BOTTOM + 4 }));
        found.push(s("text", { class: "axis", x: x + 3, y: HEIGHT - 6 }, hour === 0 ? shortDay(slot.at) : clock(slot.at)));
      }
    });
    return found;
  }

  slots() {
    const last = Math.floor(Date.now() / HOUR) * HOUR;
    const known = new Map(this.hours.map((hour) => [Date.parse(hour.at), hour]));
    return Array.from({ length: this.length }, (_, index) => {
      const at = last - (this.length - 1 - index) * HOUR;
      const { messages = 0, signals = 0 } = known.get(at) || {};
      return { at, messages, signals };
    });
  }

  sentence(slots) {
    const period = t(this.length > 48 ? "days_7" : "hours_48");
    const peak = slots.reduce((a, b) => (b.messages > a.messages ? b : a));
    if (!peak.messages) return t("chart_none", { period });
    const sum = (name) => count(slots.reduce((total, slot) => total + slot[name], 0));
    return t("chart", { m: sum("messages"), s: sum("signals"), period, peak: dayAndClock(peak.at), n: count(peak.messages) });
  }
}

// The next round number.
function nice(number) {
  for (let size = 1; ; size *= 10) {
    for (const factor of [1, 2, 3, 4, 6, 8]) if (factor * size >= number) return factor * size;
  }
}
