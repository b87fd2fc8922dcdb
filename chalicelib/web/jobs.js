// The view with the list of the user's jobs.

import { listJobs } from "./api.js";
import { button, fault, fill, h, icon, link, name, newExport, nothing, ring, say, skeleton, toast, trouble } from "./dom.js";
import { ago, duration, files, size } from "./format.js";
import { downloadLinkOf, STATUS } from "./job.js";
import { isOpen } from "./live.js";
import { user } from "./person.js";
import { title } from "./tab.js";

const FILTERS = [
  ["", "All"], ["queued processing", "Running"],
  ...["completed", "failed", "cancelled", "expired"].map((status) => [status, STATUS[status][0]]),
];
const FASTEST_MS = 2_000;
const SLOWEST_MS = 10_000;
const STALE_MS = 5_000;

let chosen = ""; // the filter, kept while the page is open

export function jobs(main) {
  let found = []; // newest first
  let cursor, timer;
  let loadedAt = 0;
  let failures = 0;
  let wait = 0; // ms, if the server asks for it
  let left = false;
  const rows = new Map();

  const list = h("ol", { class: "rows", "aria-label": "Exports" });
  const state = h("div", {}, skeleton(4));
  const more = h("div", { class: "more", hidden: true }, button(() => load(cursor), {}, "Show older exports"));
  const choose = (value) => {
    chosen = value;
    draw();
  };
  const filters = h("fieldset", { class: "chips", hidden: true }, h("legend", { class: "unseen" }, "Status"),
    FILTERS.map(([value, label]) => h("label", {},
      h("input", { type: "radio", name: "status", checked: value === chosen, onchange: () => choose(value) }), h("span", {}, label))));
  main.append(
    h("div", { class: "head" }, h("h1", { tabindex: -1 }, "Exports"), newExport()),
    filters, list, state, more);
  title("Exports");

  const draw = () => {
    const jobs = found.filter(({ status }) => !chosen || chosen.includes(status));
    const elements = jobs.map((job) => {
      if (!rows.has(job.jobId)) rows.set(job.jobId, row(job));
      return rows.get(job.jobId)(job);
    });
    // If only rows have changed, the list stays, and with it the focus.
    if (elements.length !== list.children.length || elements.some((element, i) => element !== list.children[i])) fill(list, elements);
    filters.hidden = !found.length;
    const label = FILTERS.find(([value]) => value === chosen)[1].toLowerCase();
    fill(state, !jobs.length && (found.length
      ? nothing("archive", "Nothing here", `You have no ${label} exports${cursor ? ` among the newest ${found.length}` : ""}.`)
      : nothing("archive", "No exports yet", "Choose files, and they are gathered into one ZIP archive while you do something else.")));
    more.hidden = !cursor;
    const running = found.filter(isOpen).length;
    title(running ? `${running} running` : "Exports");
  };

  /** Loads the page at a cursor; without one, the first page again. */
  const load = async (at) => {
    clearTimeout(timer);
    try {
      const page = await listJobs(user(), at);
      if (left) return;
      failures = wait = 0;
      trouble(false);
      loadedAt = Date.now();
      if (at || !found.length) ({ cursor } = page);
      const others = found.filter(({ jobId }) => !page.jobs.some((job) => job.jobId === jobId));
      found = at ? [...others, ...page.jobs] : [...page.jobs, ...others];
      draw();
      again();
    } catch (problem) {
      if (left) return;
      wait = problem.after * 1000;
      failures = wait || !problem.status || problem.status >= 500 ? failures + 1 : 0;
      if (at) toast(problem.words);
      else if (found.length) trouble(problem.status !== 429);
      else fill(state, fault(problem, button(() => load(), {}, "Try again")));
      again();
    }
  };

  /** Loads again later, if a job runs or the last load failed, and the tab is visible. */
  const again = () => {
    clearTimeout(timer);
    const open = found.slice(0, 50).filter(isOpen);
    if (document.visibilityState !== "visible" || !(open.length || failures)) return;
    const pace = Math.min(...open.map(({ progress }) => (progress.etaSeconds ?? 0) * 100), SLOWEST_MS);
    timer = setTimeout(load, Math.max(Math.max(pace, FASTEST_MS) * 2 ** Math.min(failures, 4), wait));
  };

  const seen = () => (Date.now() - loadedAt > STALE_MS && document.visibilityState === "visible" ? load() : again());

  document.addEventListener("visibilitychange", seen);
  addEventListener("online", seen);
  // "just now" gets old. The title of a hidden tab may tell of an end.
  const clock = setInterval(() => found.length && document.visibilityState === "visible" && draw(), 30_000);
  load();
  return () => {
    left = true;
    clearTimeout(timer);
    clearInterval(clock);
    document.removeEventListener("visibilitychange", seen);
    removeEventListener("online", seen);
  };
}

/** Makes a row of the list. Returns a function that updates the row and returns it. */
function row({ jobId, filename }) {
  const picture = h("span", { class: "disc" });
  const facts = h("span", { class: "meta" });
  const side = h("span", { class: "side" });
  const element = h("li", {}, picture, h("span", { class: "what" }, link(`#/jobs/${jobId}`, { class: "" }, name(filename)), facts), side);
  let drawn;
  return (job) => {
    say(facts, described(job));
    const { status, progress: { percent, etaSeconds } } = job;
    const look = `${status} ${percent} ${etaSeconds}`;
    if (look === drawn) return element;
    drawn = look;
    element.className = status;
    fill(picture, status === "processing" ? ring(percent) : icon(STATUS[status][1]));
    fill(side, status === "completed"
      ? downloadLinkOf(jobId, {}, h("span", { class: "wide" }, "Download"), h("span", { class: "unseen" }, ` ${filename}`))
      : [h("span", { class: "word" }, status === "processing" ? `${percent}%` : STATUS[status][0]),
        etaSeconds !== null && h("span", { class: "meta" }, etaSeconds ? `${duration(etaSeconds)} left` : "almost done")]);
    return element;
  };
}

function described({ createdAt, progress, result, error }) {
  const number = result ? result.processedFiles : progress.totalFiles;
  const lost = result && result.totalFiles - number;
  return [number && files(number), result && size(result.fileSize), ago(createdAt), lost && `${lost} left out`, error?.title]
    .filter(Boolean).join(" · ");
}
