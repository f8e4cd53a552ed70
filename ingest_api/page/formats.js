// Numbers, prices and times as people read them; days and hours are São Paulo's.

import { locale, t } from "./words.js";

const ZONE = "America/Sao_Paulo";
const cache = new Map();

function formatter(kind, options) {
  const key = `${locale()} ${kind.name} ${JSON.stringify(options)}`;
  if (!cache.has(key)) cache.set(key, new kind(locale(), options));
  return cache.get(key);
}

export function count(number) {
  return formatter(Intl.NumberFormat, {}).format(number);
}

// A price is a decimal string; its digits are shown all, and none is added.
export function price(text) {
  if (text === null || text === undefined) return "–";
  const decimals = Math.max(2, (text.split(".")[1] || "").length);
  const options = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  return formatter(Intl.NumberFormat, options).format(text);
}

export function percent(ratio) {
  const options = { style: "percent", maximumFractionDigits: Math.abs(ratio) < 0.1 ? 1 : 0, signDisplay: "exceptZero" };
  return formatter(Intl.NumberFormat, options).format(ratio).replace("-", "−");
}

export function clock(moment) {
  return formatter(Intl.DateTimeFormat, { timeZone: ZONE, hour: "2-digit", minute: "2-digit" }).format(moment);
}

export function day(moment) {
  return formatter(Intl.DateTimeFormat, { timeZone: ZONE, day: "2-digit", month: "2-digit", year: "numeric" }).format(moment);
}

// "hoje", "ontem", or the date.
export function dayWord(moment, now = Date.now()) {
  if (isoDay(moment) === isoDay(now)) return t("today_word");
  if (isoDay(moment) === isoDay(now - 86_400_000)) return t("yesterday_word");
  return day(moment);
}

export function shortDay(moment) {
  return formatter(Intl.DateTimeFormat, { timeZone: ZONE, weekday: "short", day: "numeric" }).format(moment);
}

export function dayAndClock(moment) {
  return `${day(moment)} ${clock(moment)}`;
}

// 2025-10-25, for comparison with what a date field holds.
export function isoDay(moment) {
  const parts = new Intl.DateTimeFormat("en-CA", { timeZone: ZONE, year: "numeric", month: "2-digit", day: "2-digit" });
  return parts.format(moment);
}

export function hourOfDay(moment) {
  return Number(new Intl.DateTimeFormat("en-GB", { timeZone: ZONE, hour: "2-digit", hourCycle: "h23" }).format(moment));
}

const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

// "há 2 min." for a moment; its date when it lies more than a week back.
export function ago(moment, now = Date.now()) {
  const seconds = Math.max(0, (now - moment) / 1000);
  if (seconds > 7 * 86400) return day(moment);
  const [unit, size] = UNITS.find(([, size]) => seconds >= size) || UNITS.at(-1);
  return formatter(Intl.RelativeTimeFormat, { numeric: "auto", style: "short" }).format(-Math.floor(seconds / size), unit);
}

// "2 min" for seconds.
export function duration(seconds) {
  const [unit, size] = UNITS.find(([, size]) => seconds >= 2 * size) || UNITS.at(-1);
  const options = { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: unit === "second" && seconds < 10 ? 1 : 0 };
  return formatter(Intl.NumberFormat, options).format(seconds / size);
}
