// What other tabs see of a job: the title and the icon.

const ACCENT = "#2f5be0";
const COLOURS = { queued: ACCENT, processing: ACCENT, completed: "#137547", failed: "#bf2c37" };
const MARKS = { queued: "Queued", completed: "✓", failed: "Failed" };

const icon = document.querySelector("link[rel=icon]");
const still = icon.href;

export function title(text) {
  document.title = `${text} · Longhaul`;
}

export function tabOf({ status, filename, progress: { percent } }) {
  const mark = status === "processing" ? `${percent}%` : MARKS[status];
  title(mark ? `${mark} · ${filename}` : filename);
  if (COLOURS[status]) draw(COLOURS[status], status === "failed" ? 100 : Number(percent));
  else plain();
}

export function plain() {
  icon.href = still;
}

/** Draws a ring instead of the icon. */
function draw(colour, percent) {
  const circle = (stroke, dash) =>
    `<circle cx="8" cy="8" r="6" fill="none" stroke="${stroke}" stroke-width="3" pathLength="100" stroke-dasharray="${dash} 100" transform="rotate(-90 8 8)"/>`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">${circle("#9aa3b080", 100)}${circle(colour, percent)}</svg>`;
  icon.href = `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
