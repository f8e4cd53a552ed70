// Try the parser on any text; nothing is stored.

import { byId, h } from "./element.js";
import { price } from "./formats.js";
import { entryText, largeBar } from "./price_bar.js";
import { ask } from "./server.js";
import { t } from "./words.js";

export class ParserTrial {
  constructor(failed) {
    this.failed = failed;
    this.form = byId("trial-form");
    this.field = this.form.elements.text;
    this.answer = null;
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.run();
    });
    this.field.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.run();
    });
  }

  take(text) {
    this.field.value = text;
    byId("trial").scrollIntoView({ block: "start" });
    this.field.focus();
    this.run();
  }

  async run() {
    try {
      this.answer = await ask("parse", { body: { text: this.field.value } });
      this.render();
    } catch (error) {
      this.answer = null;
      byId("trial-answer").replaceChildren(h("p", { class: "notice" }, t("problem", { detail: error.message })));
      this.failed(error);
    }
  }

  render() {
    if (!this.answer) return;
    const { kind, signal, reason } = this.answer;
    const place = byId("trial-answer");
    const verdict = h("p", { class: `verdict ${{ signal: "reads", malformed: "fails" }[kind] || ""}` }, h("strong", {}, t(`kind_${kind}`)), reason ? h("span", { lang: "en" }, `: ${reason}`) : null);
    if (!signal) {
      place.replaceChildren(verdict);
      return;
    }
    const facts = [
      [t("asset"), signal.asset], [t(signal.direction), signal.signal_type], [t("entry"), entryText(signal)],
      [t("stop"), price(signal.stop)], [t("targets"), signal.all_targets.map(price).join(" · ") || "–"],
      [t("valid"), signal.valid_until || "–"],
    ];
    place.replaceChildren(verdict, h("dl", { class: "facts" }, facts.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))),
      largeBar(signal, Math.max(240, Math.min(520, place.clientWidth))));
  }
}
