// The page's parts, put together: who tells whom, and what is asked how often.

import { ChannelList } from "./channel_list.js";
import { channelName, nameChannels } from "./channel_names.js";
import { byId, h } from "./element.js";
import { Filters } from "./filters.js";
import { HourChart } from "./hour_chart.js";
import { remember } from "./memory.js";
import { ParserTrial } from "./parser_trial.js";
import { Pipeline } from "./pipeline.js";
import { address, apiKey, ask, download, setApiKey } from "./server.js";
import { SignalList } from "./signal_list.js";
import { Stream } from "./stream.js";
import { said, wantsKey } from "./trouble.js";
import { UnreadList } from "./unread_list.js";
import { language, otherLanguage, speak, t } from "./words.js";

const OVERVIEW_SECONDS = 15;
const ACTIVITY_SECONDS = 60;
const SETTLE_MILLISECONDS = 5000; // counts follow signals, but not each one: requests are limited

const pipeline = new Pipeline();
const trial = new ParserTrial(refused);
const unread = new UnreadList(trial);
const chart = new HourChart();
const filters = new Filters(() => { list.load({ anew: true }); showExports(); });
const channels = new ChannelList((channel) => {
  filters.set({ channel });
  byId("signals").scrollIntoView({ block: "start" });
  byId("signals").focus({ preventScroll: true });
});
const list = new SignalList({ filters, trial, failed: showProblem });
const stream = new Stream({ heard, turned: showLive, poll: () => list.load() });
let live = ["connecting"];

function heard(signal) {
  list.take(signal);
  heard.timer ||= setTimeout(() => {
    heard.timer = null;
    refresh();
  }, SETTLE_MILLISECONDS);
}

async function refresh() {
  await Promise.all([loadOverview(), loadActivity()]);
}

async function loadOverview() {
  try {
    const overview = await ask("overview");
    const before = pipeline.overview?.malformed_week;
    pipeline.show(overview);
    if (before !== overview.malformed_week) await unread.load();
  } catch (error) {
    pipeline.fail(error);
    refused(error);
  }
}

async function loadActivity() {
  try {
    const activity = await ask("activity", { query: { days: 7 } });
    chart.show(activity.hours);
    name(activity.channels);
    channels.show(activity.channels);
    filters.offer(activity);
  } catch (error) {
    refused(error);
  }
}

// Rows that came before their channels' names show them now.
function name(found) {
  const before = found.map((each) => channelName(each.channel)).join();
  nameChannels(found);
  if (before === found.map((each) => channelName(each.channel)).join()) return;
  list.render();
  unread.render();
}

function showProblem(error) {
  const place = byId("signals-problem");
  place.hidden = !error;
  if (!error) return;
  place.replaceChildren(said(error));
  if (refused(error)) place.append(" ", h("button", { type: "button", click: askForKey }, t("key_enter")));
  if (error.status === 429) setTimeout(() => list.load(), (error.retryAfter || 10) * 1000);
  list.tell();
}

// Whether the server wants a key; asks for it once.
function refused(error) {
  if (!wantsKey(error)) return false;
  if (!refused.asked) {
    refused.asked = true;
    askForKey();
  }
  return true;
}

function askForKey() {
  const dialog = byId("key");
  if (!dialog.open) dialog.showModal();
}

byId("key").addEventListener("close", () => {
  const field = byId("key").querySelector("input");
  if (byId("key").returnValue === "use" && field.value) {
    setApiKey(field.value);
    field.value = "";
    begin();
  }
});

function showLive(state, seconds) {
  live = [state, seconds];
  const place = byId("live");
  place.dataset.state = state;
  place.textContent = t(state, { n: seconds });
}

function showExports() {
  const query = filters.query();
  byId("export-csv").href = address("signals.csv", { ...query, locale: language() === "pt" ? "pt-BR" : "en" });
  byId("export-json").href = address("signals.json", query);
}

// A link sends no header of ours: with a key the file is fetched and handed on.
for (const name of ["csv", "json"]) {
  byId(`export-${name}`).addEventListener("click", async (event) => {
    if (!apiKey()) return;
    event.preventDefault();
    const url = new URL(byId(`export-${name}`).href);
    const file = URL.createObjectURL(await download(`signals.${name}`, Object.fromEntries(url.searchParams)));
    h("a", { href: file, download: `signals.${name}` }).click();
    setTimeout(() => URL.revokeObjectURL(file), 60_000);
  });
}

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function showSwitches() {
  byId("language").textContent = t("language_name");
  byId("language").setAttribute("aria-label", t("language_switch"));
  byId("language").lang = language() === "pt" ? "en" : "pt-BR";
  byId("theme").setAttribute("aria-label", t(isDark() ? "theme_light" : "theme_dark"));
  byId("theme").title = t(isDark() ? "theme_light" : "theme_dark");
}

byId("theme").addEventListener("click", () => {
  document.documentElement.dataset.theme = isDark() ? "light" : "dark";
  remember("theme", document.documentElement.dataset.theme);
  showSwitches();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", showSwitches);

byId("language").addEventListener("click", () => {
  otherLanguage();
  render();
});

function render() {
  speak();
  showSwitches();
  showExports();
  showLive(...live);
  for (const part of [pipeline, list, filters, chart, channels, unread, trial]) part.render();
}

function begin() {
  list.load();
  refresh();
  stream.start();
}

function every(seconds, task) {
  setInterval(() => { if (!document.hidden) task(); }, seconds * 1000);
}

every(OVERVIEW_SECONDS, loadOverview);
every(ACTIVITY_SECONDS, loadActivity);
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
render();
begin();
