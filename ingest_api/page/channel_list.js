// Channels with counts and last activity.

import { byId, h } from "./element.js";
import { ago, count, dayAndClock } from "./formats.js";
import { t } from "./words.js";

export class ChannelList {
  constructor(chosen) {
    this.chosen = chosen;
    this.channels = null;
  }

  show(channels) {
    this.channels = channels;
    this.render();
  }

  render() {
    if (!this.channels) return;
    const place = byId("channels");
    if (!this.channels.length) {
      place.replaceChildren(h("p", { class: "empty" }, t("no_channels")));
      return;
    }
    const heads = [["channel", ""], ["messages", "number"], ["signals", "number"], ["unreadable", "number"], ["last_activity", "number"]];
    place.replaceChildren(h("table", { "aria-labelledby": "channels-title" },
      h("thead", {}, h("tr", {}, heads.map(([name, kind]) => h("th", { scope: "col", class: kind }, t(name))))),
      h("tbody", {}, this.channels.map((channel) => this.row(channel)))));
  }

  row({ channel, label, messages, signals, malformed, last_at: lastAt }) {
    const name = label || channel;
    const choose = h("button", { type: "button", class: label ? "link" : "link channel-id", "aria-label": t("filter_by", { name }), click: () => this.chosen(channel) }, name);
    const last = lastAt
      ? h("time", { datetime: lastAt, title: dayAndClock(Date.parse(lastAt)) }, ago(Date.parse(lastAt)))
      : t("never");
    return h("tr", {},
      h("th", { scope: "row" }, choose),
      h("td", { class: "number" }, count(messages)), h("td", { class: "number" }, count(signals)),
      h("td", { class: `number${malformed ? " bad" : ""}` }, count(malformed)), h("td", { class: "number muted" }, last));
  }
}
