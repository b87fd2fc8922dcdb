// Writes numbers and times for people, as their language and region do.

import { english } from "./dom.js";
import { has, locale, plain, rich, t } from "./texts.js";

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];

const MOMENT = new Intl.DateTimeFormat(locale, { year: "numeric", month: "short", day: "numeric", hour: "numeric", minute: "2-digit" });
const CLOCK = new Intl.DateTimeFormat(locale, { timeStyle: "short" });
const AGO = new Intl.RelativeTimeFormat(locale);
const NUMBER = new Intl.NumberFormat(locale);
const PERCENT = new Intl.NumberFormat(locale, { style: "percent" });

export const count = (number) => NUMBER.format(number);

/** "64%" of 64. Arabic has marks of direction in it, which are for a text without isolation. */
export const percent = (number) => PERCENT.format(number / 100).replace(/[\u061c\u200e\u200f]/g, "");

export const files = (number) => t("common.files", { n: number });

const powerOf = (bytes) => Math.max(0, UNITS.findLastIndex((_, power) => bytes >= 999.5 * 1000 ** (power - 1)));

function scaled(bytes, power, more) {
  const number = bytes / 1000 ** power;
  const digits = power && number < 99.95 ? 1 : 0;
  return new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits, ...more }).format(number);
}

/** "20.0 MB" */
export function size(bytes) {
  const power = powerOf(bytes);
  return scaled(bytes, power, { style: "unit", unit: UNITS[power], unitDisplay: power ? "short" : "long" });
}

/** "MB" of 2. */
export const unitOf = (power) => new Intl.NumberFormat(locale, { style: "unit", unit: UNITS[power] }).formatToParts(1).find(({ type }) => type === "unit").value;

/** "8.3 of 20.0 MB" */
export const sizeOf = (bytes, total) => t("common.of", { done: scaled(bytes, powerOf(total)), total: size(total) });

/** "2 min 5 s" */
export function duration(seconds) {
  const s = Math.round(seconds);
  if (s < 60) return t("common.s", { s });
  const min = s < 600 ? Math.floor(s / 60) : Math.round(s / 60);
  if (min < 10 && s % 60) return t("common.minS", { min, s: s % 60 });
  if (min < 60) return t("common.min", { min });
  const values = { h: Math.floor(min / 60), min: min % 60 };
  return t(values.min ? "common.hMin" : "common.h", values);
}

/** "24 Nov 2026, 14:02" */
export const moment = (iso) => MOMENT.format(new Date(iso));

/** "14:02" */
export const clock = (iso) => CLOCK.format(new Date(iso));

/** "5 minutes ago"; after a day, the date. */
export function ago(iso) {
  const seconds = (Date.now() - new Date(iso)) / 1000;
  if (seconds < 60) return t("common.justNow");
  if (seconds < 3600) return AGO.format(-Math.floor(seconds / 60), "minute");
  return seconds < 86_400 ? AGO.format(-Math.floor(seconds / 3600), "hour") : moment(iso);
}

/** "a, b, or c" */
export const either = (texts) => new Intl.ListFormat(locale, { type: "disjunction" }).format(texts);

/** Why a file cannot be exported, for people. A reason of a newer API says it itself, in English. */
export const why = ({ reason, detail }) => (has(`reasons.${reason}`) ? t(`reasons.${reason}`, { detail: sentence(detail) }) : sentence(plain(detail || reason)));

/** The same for the page, which marks the English. */
export const reasonOf = ({ reason, detail }) =>
  (has(`reasons.${reason}`) ? rich(`reasons.${reason}`, { detail: english(sentence(detail)) }) : [english(sentence(detail || reason))]);

/** Makes a sentence of a problem's detail. */
export function sentence(text) {
  const trimmed = String(text ?? "").trim();
  return trimmed.charAt(0).toUpperCase() + trimmed.slice(1) + (/[.!?…]$/.test(trimmed) ? "" : ".");
}
