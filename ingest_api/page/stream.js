// Signals as they change: server-sent events, or asking again and again while there are none.

import { address, apiKey } from "./server.js";

const POLL_SECONDS = 10;
const AGAIN_SECONDS = 30;

export class Stream {
  // `heard(signal)` for each, `turned(state, seconds)` with live, connecting or polling; `poll()`
  // asks the server.
  constructor({ heard, turned, poll }) {
    this.heard = heard;
    this.turned = turned;
    this.poll = poll;
    this.source = null;
    this.timer = null;
  }

  start() {
    this.stop();
    // An EventSource sends no header of ours, so that with a key there is none.
    if (apiKey() || !("EventSource" in window)) {
      this.askAgain();
      return;
    }
    this.turned("connecting");
    this.source = new EventSource(address("signals/stream"));
    this.source.addEventListener("ready", () => this.live());
    this.source.addEventListener("signal", (event) => this.heard(JSON.parse(event.data)));
    this.source.addEventListener("error", () => this.broken());
  }

  stop() {
    this.source?.close();
    clearInterval(this.timer);
    clearTimeout(this.again);
    this.source = null;
    this.timer = null;
  }

  // What came before the stream began is asked for.
  live() {
    clearInterval(this.timer);
    this.timer = null;
    this.turned("live");
    this.poll();
  }

  // The browser tries again by itself unless it was refused; meanwhile we ask.
  broken() {
    if (!this.timer) this.askAgain();
    if (this.source?.readyState === EventSource.CLOSED) {
      clearTimeout(this.again);
      this.again = setTimeout(() => this.start(), AGAIN_SECONDS * 1000);
    }
  }

  askAgain() {
    this.turned("polling", POLL_SECONDS);
    this.poll();
    this.timer = setInterval(() => { if (!document.hidden) this.poll(); }, POLL_SECONDS * 1000);
  }
}
