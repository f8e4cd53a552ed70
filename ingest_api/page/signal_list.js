// The table of signals: pages from the server, and what the stream tells.

import { byId } from "./element.js";
import { count } from "./formats.js";
import { entryText } from "./price_bar.js";
import { ask } from "./server.js";
import { SignalRow } from "./signal_row.js";
import { t } from "./words.js";

const PAGE = 50;

export class SignalList {
  constructor({ filters, trial, failed }) {
    this.filters = filters;
    this.trial = trial;
    this.failed = failed;
    this.place = byId("signals-rows");
    this.rows = new Map();
    this.cursor = null;
    this.loaded = false;
    Object.assign(this, { anew: true, again: false, asked: null, heard: [] });
    byId("older").addEventListener("click", () => this.more());
  }

  // The first page: with `anew` alone, for another filter; else beside older ones shown already.
  async load({ anew = false } = {}) {
    this.anew ||= anew;
    if (this.asked && !anew) {
      this.again = true;
      return;
    }
    const answer = await this.fetch({});
    if (!answer) return;
    const { data, cursor } = answer;
    const wanted = new Set(data.map((row) => row.id));
    const last = this.anew || !cursor ? null : data.at(-1);
    let older = false;
    for (const [id, { signal }] of [...this.rows]) {
      if (wanted.has(id)) continue;
      if (last && newestFirst(last, signal) < 0) older = true;
      else this.remove(id);
    }
    if (!older) this.cursor = cursor;
    this.anew = false;
    this.add(data);
  }

  async more() {
    const focused = byId("older") === document.activeElement;
    const answer = await this.fetch({ cursor: this.cursor });
    if (!answer) return;
    this.cursor = answer.cursor;
    this.add(answer.data);
    if (focused && answer.data.length) this.rows.get(answer.data[0].id)?.row.querySelector("button").focus();
  }

  // Rows as they were when they were asked for, and what the stream told since then.
  add(data) {
    for (const row of data) this.put(row);
    for (const signal of this.heard) this.apply(signal);
    this.arrange();
  }

  async fetch(query) {
    this.asked?.abort();
    const asked = new AbortController();
    Object.assign(this, { asked, heard: [] });
    byId("signals-table").setAttribute("aria-busy", "true");
    try {
      const answer = await ask("signals", { query: { limit: PAGE, ...this.filters.query(), ...query }, signal: asked.signal });
      this.loaded = true;
      this.failed(null);
      return answer;
    } catch (error) {
      if (error.name !== "AbortError") this.failed(error);
      return null;
    } finally {
      if (this.asked === asked) this.rest();
    }
  }

  rest() {
    this.asked = null;
    byId("signals-table").setAttribute("aria-busy", "false");
    if (this.again) setTimeout(() => this.load());
    this.again = false;
  }

  // A signal as it is now, from the stream: new, changed, or withdrawn.
  take(signal) {
    if (this.asked) this.heard.push(signal);
    const told = this.apply(signal);
    if (!told) return;
    if (told !== "withdrawn_signal") this.rows.get(signal.id).flash();
    this.arrange();
    byId("news").textContent = t(told, { asset: signal.asset, direction: t(signal.direction).toLowerCase(), entry: entryText(signal) });
  }

  // What has changed by it, or null for nothing.
  apply(signal) {
    const known = this.rows.get(signal.id);
    if (signal.status !== "active" || !this.filters.matches(signal)) {
      if (!known) return null;
      this.remove(signal.id);
      return "withdrawn_signal";
    }
    if (known ? isSame(known.signal, signal) : this.isBeyond(signal)) return null;
    this.put(signal);
    return known ? "changed_signal" : "new_signal";
  }

  // Older than what is shown while there is more to show: it comes with its page.
  isBeyond(signal) {
    const last = this.sorted().at(-1);
    return this.cursor !== null && last !== undefined && newestFirst(last.signal, signal) < 0;
  }

  put(signal) {
    const known = this.rows.get(signal.id);
    if (!known) this.rows.set(signal.id, new SignalRow(signal, this.trial));
    else if (!isSame(known.signal, signal)) known.update(signal);
    return this.rows.get(signal.id);
  }

  remove(id) {
    const row = this.rows.get(id);
    row.row.remove();
    row.detail.remove();
    this.rows.delete(id);
  }

  sorted() {
    return [...this.rows.values()].sort((a, b) => newestFirst(a.signal, b.signal));
  }

  // Puts rows into their order and moves none that stands right, so that focus and scroll stay.
  arrange() {
    let next = this.place.firstChild;
    for (const { row, detail } of this.sorted()) {
      if (row === next) {
        next = detail.nextSibling;
        continue;
      }
      this.place.insertBefore(row, next);
      this.place.insertBefore(detail, next);
    }
    this.tell();
  }

  tell() {
    const none = this.rows.size === 0;
    byId("signals-table").hidden = none;
    byId("signals-empty").hidden = !none;
    byId("signals-empty").textContent = none ? t(this.loaded ? (this.filters.any ? "none_match" : "no_signals") : "loading") : "";
    byId("signals-count").textContent = none ? "" : t("shown", { n: `${count(this.rows.size)}${this.cursor ? "+" : ""}`, one: this.rows.size === 1 });
    byId("older").hidden = this.cursor === null;
  }

  render() {
    for (const row of this.rows.values()) row.render();
    this.tell();
  }
}

function isSame(a, b) {
  return a.updated_at === b.updated_at && a.revision === b.revision;
}

function newestFirst(a, b) {
  return b.ts - a.ts || b.id - a.id;
}
