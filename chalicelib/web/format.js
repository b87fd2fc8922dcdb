// Writes numbers and times for people.

const DAY = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium" });
const TIME = new Intl.DateTimeFormat("en-GB", { timeStyle: "short" });
const UNITS = ["bytes", "kB", "MB", "GB", "TB"];

export const count = (number) => number.toLocaleString("en");

export const files = (number) => (number === 1 ? "1 file" : `${count(number)} files`);

const powerOf = (bytes) => Math.max(0, UNITS.findLastIndex((_, power) => bytes >= 999.5 * 1000 ** (power - 1)));

function scaled(bytes, power) {
  const number = bytes / 1000 ** power;
  const digits = power && number < 99.95 ? 1 : 0;
  return number.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** "20.0 MB" */
export const size = (bytes) => bytes === 1 ? "1 byte" : `${scaled(bytes, powerOf(bytes))} ${UNITS[powerOf(bytes)]}`;

/** "8.3 of 20.0 MB" */
export const sizeOf = (bytes, total) => `${scaled(bytes, powerOf(total))} of ${size(total)}`;

/** "2 min 5 s" */
export function duration(seconds) {
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  const minutes = s < 600 ? Math.floor(s / 60) : Math.round(s / 60);
  if (minutes < 10) return s % 60 ? `${minutes} min ${s % 60} s` : `${minutes} min`;
  if (minutes < 60) return `${minutes} min`;
  return minutes % 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${minutes / 60} h`;
}

/** "24 Nov 2026, 14:02" */
export const moment = (iso) => `${DAY.format(new Date(iso))}, ${TIME.format(new Date(iso))}`;

/** "5 min ago"; after a day, the date. */
export function ago(iso) {
  const seconds = (Date.now() - new Date(iso)) / 1000;
  if (seconds < 60) return "just now";
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)} h ago` : moment(iso);
}

/** Why a file cannot be exported, for people. */
export const why = ({ reason, detail }) => (reason === "missing" ? "Not found." : sentence(detail || reason));

/** Makes a sentence of a problem's detail. */
export function sentence(text) {
  const trimmed = String(text ?? "").trim();
  return trimmed.charAt(0).toUpperCase() + trimmed.slice(1) + (/[.!?…]$/.test(trimmed) ? "" : ".");
}
