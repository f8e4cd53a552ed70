// What is behind a row: prices on a large bar, the text, and what changed from version to version.

import { channelName } from "./channel_names.js";
import { h } from "./element.js";
import { dayAndClock, percent } from "./formats.js";
import { entryText, gain, largeBar } from "./price_bar.js";
import { ask } from "./server.js";
import { wordDiff } from "./word_diff.js";
import { t } from "./words.js";

export class SignalDetail {
  constructor(signal, place, trial) {
    this.signal = signal;
    this.place = place;
    this.trial = trial;
  }

  show() {
    const { signal } = this;
    this.texts = h("div", { class: "texts" }, text(signal.raw_message));
    this.bar = h("div", { class: "bar-place" });
    this.changes = h("div", { class: "texts" });
    this.place.replaceChildren(h("div", { class: "behind", role: "group", "aria-label": t("details", { asset: signal.asset }) },
      h("div", { class: "prices" }, this.bar, this.facts(), this.changes), this.texts));
    this.bar.append(largeBar(signal, Math.max(240, Math.min(560, this.bar.clientWidth))));
    if (signal.revision > 1) this.load();
    else this.texts.append(this.actions(signal.raw_message));
  }

  facts() {
    const { signal } = this;
    const facts = [[t("entry"), entryText(signal)]];
    if (signal.stop !== null) facts.push([t("risk"), share(gain(signal, signal.stop))]);
    if (signal.targets.length) facts.push([t("gain"), signal.targets.map((each) => share(gain(signal, each))).join(" · ")]);
    if (signal.valid_until) facts.push([t("valid"), signal.valid_until]);
    facts.push([t("channel"), channelName(signal.channel, signal.channel_label)]);
    return h("dl", { class: "facts" }, facts.filter(([, value]) => value !== "–").map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
  }

  async load() {
    const { channel, message_id: message } = this.signal;
    try {
      const answer = await ask(`messages/${channel}/${message}/revisions`);
      this.showRevisions(answer);
    } catch (error) {
      this.texts.append(h("p", { class: "notice" }, t("problem", { detail: error.message })));
    }
  }

  showRevisions({ data, deleted_at: deletedAt }) {
    const current = data.find((revision) => revision.current) || data.at(-1);
    const parts = [];
    if (deletedAt) parts.push(h("p", { class: "notice" }, t("deleted_at", { time: dayAndClock(Date.parse(deletedAt)) })));
    parts.push(h("h3", {}, `${t("version")} ${current.number}`, h("span", { class: "muted" }, ` ${t("version_now")}, ${dayAndClock(Date.parse(current.since))}`)));
    parts.push(text(current.text), this.actions(current.text));
    this.texts.replaceChildren(...parts);
    this.changes.replaceChildren(...changes(data));
  }

  actions(raw) {
    const copy = h("button", { type: "button", class: "quiet", click: () => copyText(raw, copy) }, t("copy"));
    return h("p", { class: "actions" }, copy,
      h("button", { type: "button", class: "quiet", click: () => this.trial.take(raw) }, t("trial_it")));
  }
}

export async function copyText(raw, button) {
  try {
    await navigator.clipboard.writeText(raw);
    button.textContent = t("copied");
    setTimeout(() => { button.textContent = t("copy"); }, 1500);
  } catch {
    // no right to the clipboard: the text stands there to be selected
  }
}

function text(raw) {
  return h("pre", { class: "text" }, raw);
}

function share(ratio) {
  return ratio === null ? "–" : percent(ratio);
}

function marked(kind, words) {
  if (kind === "same") return words;
  return h(kind === "gone" ? "del" : "ins", {}, words);
}

// The newest change first.
function changes(data) {
  return data.slice(1).map((after, index) => {
    const before = data[index];
    return [
      h("h3", {}, t("changed", { a: before.number, b: after.number }), h("span", { class: "muted" }, ` ${dayAndClock(Date.parse(after.since))}`)),
      h("pre", { class: "diff" }, wordDiff(before.text, after.text).map(([kind, words]) => marked(kind, words))),
    ];
  }).reverse().flat();
}
