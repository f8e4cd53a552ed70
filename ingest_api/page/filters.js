// The filter form: what it asks of /signals, kept in the page's address.

import { byId, h } from "./element.js";
import { isoDay } from "./formats.js";
import { t } from "./words.js";

const NAMES = ["search", "channel", "type", "asset", "from", "to"];
const PAUSE = 250;

export class Filters {
  constructor(changed) {
    this.form = byId("filters");
    this.changed = changed;
    this.choices = { channels: [], types: [], assets: [] };
    this.timer = null;
    const asked = new URLSearchParams(location.search);
    this.wanted = Object.fromEntries(NAMES.map((name) => [name, asked.get(name) || ""]));
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("input", () => this.soon());
    this.form.addEventListener("reset", () => this.set({}));
    const wide = matchMedia("(min-width: 48rem)");
    const unfold = () => { byId("more-filters").open = wide.matches; };
    wide.addEventListener("change", unfold);
    unfold();
    this.render();
  }

  // As parameters of /signals.
  query() {
    return Object.fromEntries(Object.entries(this.wanted).filter(([, value]) => value));
  }

  get any() {
    return Object.keys(this.query()).length > 0;
  }

  // Whether a row that came by the stream would be found by the server too.
  matches(row) {
    const { search, channel, type, asset, from, to } = this.wanted;
    const part = search.toLowerCase();
    const day = isoDay(row.ts);
    return (!channel || row.channel === channel)
      && (!type || row.signal_type === type)
      && (!asset || row.asset === asset.toUpperCase())
      && (!part || row.asset.toLowerCase().includes(part) || row.raw_message.toLowerCase().includes(part))
      && (!from || day >= from) && (!to || day <= to);
  }

  set(wanted) {
    clearTimeout(this.timer);
    this.timer = null;
    this.wanted = Object.fromEntries(NAMES.map((name) => [name, wanted[name] || ""]));
    this.render();
    this.tell();
  }

  offer(choices) {
    this.choices = choices;
    this.render();
  }

  render() {
    this.badge();
    const { channels, types, assets } = this.choices;
    this.options("channel", channels.map((each) => [each.channel, each.label || each.channel]));
    this.options("type", types.map((type) => [type, type]));
    byId("assets").replaceChildren(...assets.slice(0, 300).map((asset) => h("option", { value: asset })));
    if (this.timer) return; // a person is still at it
    for (const name of NAMES) {
      const field = this.form.elements[name];
      if (field !== document.activeElement && field.value !== this.wanted[name]) field.value = this.wanted[name];
    }
  }

  badge() {
    const hidden = NAMES.filter((name) => name !== "search" && this.wanted[name]).length;
    byId("filter-count").hidden = !hidden;
    byId("filter-count").textContent = String(hidden);
  }

  options(name, pairs) {
    const wanted = this.wanted[name];
    const all = wanted && !pairs.some(([value]) => value === wanted) ? [...pairs, [wanted, wanted]] : pairs;
    const field = this.form.elements[name];
    const chosen = this.timer ? field.value : wanted;
    const options = [["", t("all")], ...all].map(([value, text]) => h("option", { value }, text));
    if (field !== document.activeElement || field.options.length !== options.length) field.replaceChildren(...options);
    field.value = chosen;
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = null;
      const data = new FormData(this.form);
      const wanted = Object.fromEntries(NAMES.map((name) => [name, String(data.get(name) || "").trim()]));
      wanted.asset = wanted.asset.toUpperCase();
      if (NAMES.every((name) => wanted[name] === this.wanted[name])) return;
      this.wanted = wanted;
      this.render();
      this.tell();
    }, PAUSE);
  }

  tell() {
    const url = new URL(location.href);
    url.search = new URLSearchParams(this.query()).toString();
    history.replaceState(null, "", url);
    this.changed();
  }
}
