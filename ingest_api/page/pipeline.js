// The pipeline's state in one line, and what needs a person.

import { byId, h } from "./element.js";
import { ago, count, duration } from "./formats.js";
import { copyText } from "./signal_detail.js";
import { said } from "./trouble.js";
import { t } from "./words.js";

export class Pipeline {
  constructor() {
    this.overview = null;
    this.error = null;
  }

  show(overview) {
    Object.assign(this, { overview, error: null, at: Date.now() });
    this.render();
  }

  // Being asked to wait says nothing about the pipeline.
  fail(error) {
    if (error.status === 429 && this.overview) return;
    this.error = error;
    this.render();
  }

  render() {
    if (!this.overview && !this.error) return;
    byId("state").setAttribute("aria-busy", "false");
    const grade = this.grade();
    byId("state").dataset.grade = grade;
    const verdict = this.error ? said(this.error) : t({ good: "all_well", notice: "look", grave: "wrong" }[grade]);
    const parts = this.error ? [] : this.parts();
    byId("state-line").replaceChildren(h("span", { class: "dot", "aria-hidden": "true" }), h("strong", {}, verdict),
      ...parts.map((part) => h("span", { class: "part" }, part)));
    const attention = this.error ? [] : this.overview.attention;
    const list = byId("attention");
    const told = JSON.stringify([document.documentElement.lang, attention]);
    if (list.dataset.told === told) return;
    list.dataset.told = told;
    list.hidden = !attention.length;
    list.replaceChildren(...attention.map(item));
  }

  grade() {
    if (this.error) return "grave";
    const { attention } = this.overview;
    if (attention.some((each) => each.grave)) return "grave";
    return attention.length ? "notice" : "good";
  }

  parts() {
    const { gateway, today } = this.overview;
    const passed = (Date.now() - this.at) / 1000;
    const age = gateway.age_seconds === null ? "" : duration(gateway.age_seconds + passed);
    const parts = [t(`gw_${gateway.state}`, { age })];
    if (gateway.state !== "unknown") parts.push(queue(gateway));
    parts.push(...this.lasts());
    parts.push(...delayOf(this.overview.delay_seconds));
    if (today.messages) parts.push(t("today", { m: counted("n_messages", today.messages), s: counted("n_signals", today.signals) }));
    return parts;
  }

  lasts() {
    const { last_message_at: message, last_signal_at: signal, last_signal_asset: asset } = this.overview;
    const parts = [];
    if (message) parts.push(t("last_message", { when: ago(Date.parse(message)) }));
    if (signal) parts.push(t("last_signal", { asset, when: ago(Date.parse(signal)) }));
    return parts;
  }
}

function delayOf(seconds) {
  if (seconds === null) return [];
  return [seconds < 1 ? t("delay_none") : t("delay", { age: duration(seconds) })];
}

function counted(name, number) {
  return t(name, { n: count(number), one: number === 1 });
}

function queue({ pending, oldest_seconds: oldest }) {
  if (!pending) return t("queue_empty");
  if (oldest === null) return t("queue", { n: count(pending) });
  return t("queue_oldest", { n: count(pending), age: duration(oldest) });
}

function item({ kind, grave, commands, count: number, detail }) {
  const places = { n: number === null ? "" : count(number), age: number === null ? "" : duration(number), one: number === 1 };
  const why = t(`at_${kind}_why`);
  const title = h("strong", {}, t(`at_${kind}`, places));
  const told = [
    why ? h("span", { class: "why" }, why) : null,
    detail ? h("span", { class: "why", lang: "en" }, detail) : null,
  ];
  const mending = h("div", { class: "commands" }, commands.map(copyable));
  // On a phone what is not urgent is folded, so that signals stay in sight.
  if (!grave && matchMedia("(max-width: 47.99rem)").matches) {
    return h("li", { class: "notice" }, h("details", {}, h("summary", {}, title), told, mending));
  }
  return h("li", { class: grave ? "grave" : "notice" }, h("div", {}, title, told), mending);
}

function copyable(command) {
  const copy = h("button", { type: "button", class: "quiet", "aria-label": `${t("copy")}: ${command}`, click: () => copyText(command, copy) }, t("copy"));
  return h("div", { class: "command" }, h("code", {}, command), copy);
}
