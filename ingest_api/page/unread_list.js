// Texts that looked like signals and could not be read, newest first.

import { channelName } from "./channel_names.js";
import { byId, h } from "./element.js";
import { dayAndClock } from "./formats.js";
import { ask } from "./server.js";
import { t } from "./words.js";

const PAGE = 5;

export class UnreadList {
  constructor(trial) {
    this.trial = trial;
    this.texts = [];
    this.cursor = null;
    this.loaded = false;
    byId("unread-older").addEventListener("click", () => this.more());
  }

  async load() {
    const { data, cursor } = await ask("malformed", { query: { limit: PAGE } });
    const same = JSON.stringify(data.map((each) => each.cursor)) === JSON.stringify(this.texts.slice(0, data.length).map((each) => each.cursor));
    if (this.loaded && same && this.texts.length >= data.length && data.length) return;
    Object.assign(this, { texts: data, cursor, loaded: true });
    this.render();
  }

  async more() {
    const { data, cursor } = await ask("malformed", { query: { limit: PAGE, cursor: this.cursor } });
    this.texts.push(...data);
    this.cursor = cursor;
    this.render();
  }

  render() {
    if (!this.loaded) return;
    const items = this.texts.map((each) => this.item(each));
    byId("unread-list").replaceChildren(...(items.length ? items : [h("li", { class: "empty" }, t("unread_none"))]));
    byId("unread-older").hidden = this.cursor === null;
  }

  item({ channel, channel_label: label, sent_at: sentAt, text, reason }) {
    return h("li", {},
      h("p", { class: "reason", lang: reason ? "en" : null }, reason || t("kind_malformed")),
      h("p", { class: "muted" }, h("time", { datetime: sentAt }, dayAndClock(Date.parse(sentAt))), ` · ${channelName(channel, label)}`),
      h("pre", { class: "text", tabindex: 0, role: "region", "aria-label": t("text") }, text),
      h("p", { class: "actions" }, h("button", { type: "button", class: "quiet", click: () => this.trial.take(text) }, t("trial_it"))));
  }
}
