// What other tabs see of a job: the title and the icon.

import { percent } from "./format.js";
import { t } from "./texts.js";

const ACCENT = "#2f5be0";
const COLOURS = { queued: ACCENT, processing: ACCENT, completed: "#137547", failed: "#bf2c37" };
const icon = document.querySelector("link[rel=icon]");
const still = icon.href;

export function title(page) {
  document.title = t("frame.title", { page });
}

/** "64% · March.zip" */
export function stateOf(status, filename, done) {
  const state = status === "processing" ? percent(done) : status === "completed" ? "✓" : t(`frame.${status}`);
  return t("frame.state", { state, filename });
}

export function tabOf({ status, filename, progress: { percent: done } }) {
  title(COLOURS[status] ? stateOf(status, filename, Number(done)) : filename);
  if (COLOURS[status]) draw(COLOURS[status], status === "failed" ? 100 : Number(done));
  else noRing();
}

export function noRing() {
  icon.href = still;
}

/** Draws a ring instead of the icon. */
function draw(colour, percent) {
  const circle = (stroke, dash) =>
    `<circle cx="8" cy="8" r="6" fill="none" stroke="${stroke}" stroke-width="3" pathLength="100" stroke-dasharray="${dash} 100" transform="rotate(-90 8 8)"/>`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">${circle("#9aa3b080", 100)}${circle(colour, percent)}</svg>`;
  icon.href = `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
