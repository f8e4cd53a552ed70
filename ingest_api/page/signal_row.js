// One signal as two rows of the table: its figures, and behind them its text.

import { channelName } from "./channel_names.js";
import { h } from "./element.js";
import { clock, count, dayAndClock, dayWord, price } from "./formats.js";
import { entryText, smallBar } from "./price_bar.js";
import { SignalDetail } from "./signal_detail.js";
import { t } from "./words.js";

export class SignalRow {
  constructor(signal, trial) {
    this.signal = signal;
    this.trial = trial;
    this.open = false;
    this.row = h("tr", { role: "row", class: "signal", click: (event) => this.clicked(event) });
    this.cell = h("td", { role: "cell", colspan: 7 });
    this.detail = h("tr", { role: "row", class: "detail", id: `detail-${signal.id}`, hidden: true }, this.cell);
    this.render();
  }

  update(signal) {
    this.signal = signal;
    this.render();
  }

  render() {
    const { signal } = this;
    const held = this.row.contains(document.activeElement);
    const name = channelName(signal.channel, signal.channel_label);
    this.row.replaceChildren(
      this.td("when", t("time"), h("time", { datetime: new Date(signal.ts).toISOString(), title: dayAndClock(signal.ts) },
        h("b", {}, clock(signal.ts)), " ", h("span", { class: "muted" }, dayWord(signal.ts)))),
      this.td("asset", t("asset"), this.toggle(), this.direction()),
      this.td("type", t("type"), h("span", {}, signal.signal_type), " ",
        h("span", { class: name === signal.channel ? "muted channel-id" : "muted channel" }, name)),
      this.td("number entry-cell", t("entry"), entryText(signal)),
      this.td("number stop-cell", t("stop"), price(signal.stop)),
      this.td("number targets-cell", t("targets"), targetsText(signal)),
      this.td("bar", t("price_bar"), smallBar(signal)),
    );
    if (held) this.row.querySelector("button").focus();
    if (this.open) this.showDetail();
  }

  td(name, label, ...children) {
    return h("td", { role: "cell", class: name, "data-label": label }, ...children);
  }

  toggle() {
    const button = h("button", {
      type: "button", class: "code", "aria-expanded": String(this.open), "aria-controls": this.detail.id,
      click: (event) => { event.stopPropagation(); this.turn(); },
    }, this.signal.asset);
    return button;
  }

  direction() {
    const { direction, revision } = this.signal;
    const buys = direction === "buy";
    return h("span", { class: `direction ${buys ? "buys" : "sells"}` },
      h("span", { "aria-hidden": "true" }, buys ? "▲ " : "▼ "), t(direction),
      revision > 1 ? h("span", { class: "versions" }, ` · ${t("versions", { n: count(revision) })}`) : null);
  }

  clicked(event) {
    if (event.target.closest("button, a") || String(getSelection())) return;
    this.turn();
  }

  turn() {
    this.open = !this.open;
    this.row.querySelector("button").setAttribute("aria-expanded", String(this.open));
    this.row.classList.toggle("open", this.open);
    this.detail.hidden = !this.open;
    if (this.open) this.showDetail();
    else this.cell.replaceChildren();
  }

  showDetail() {
    new SignalDetail(this.signal, this.cell, this.trial).show();
  }

  flash() {
    this.row.classList.remove("fresh");
    void this.row.offsetWidth; // the animation starts anew
    this.row.classList.add("fresh");
  }
}

function targetsText(signal) {
  return signal.targets.length ? signal.targets.map(price).join(" · ") : "–";
}
