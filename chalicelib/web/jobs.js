// The view with the list of the person's jobs.

import { listJobs, readJob } from "./api.js";
import { announce, button, fault, fill, h, newExport, nothing, say, skeleton, trouble } from "./dom.js";
import { count } from "./format.js";
import { heard, isOpen, repeat } from "./live.js";
import { owner, user } from "./person.js";
import { row } from "./jobrow.js";
import { folded } from "./search.js";
import { title } from "./tab.js";
import { locale, t } from "./texts.js";

// The key of each filter, its label, and the text if there is none.
const FILTERS = [
  ["", t("list.all")], ["queued processing", t("job.processing"), "list.noneProcessing"],
  ["completed", t("job.completed"), "list.noneCompleted"], ["failed", t("job.failed"), "list.noneFailed"],
  ["cancelled", t("job.cancelled"), "list.noneCancelled"], ["expired", t("job.expired"), "list.noneExpired"],
];
const { compare } = new Intl.Collator(locale, { numeric: true });
const bytesOf = ({ result, progress }) => result?.fileSize ?? progress.bytesTotal ?? 0;
// The list is newest first without them.
const ORDERS = {
  newest: undefined,
  name: (one, other) => compare(one.filename, other.filename),
  size: (one, other) => bytesOf(other) - bytesOf(one),
};
const ROWS = 50; // at first, and with each "Show more"
const RETRY_MS = 10_000;
const KEPT_MS = 3_600_000; // after that, all is loaded anew
const SAID_AFTER_MS = 700; // of no typing

const NONE_CHOSEN = { filter: "", text: "", order: "newest" };

// What was chosen, and what was loaded, for who comes back. `cursor` is where the older jobs go on.
let chosen = { ...NONE_CHOSEN, rows: ROWS };
let kept = {};

export function jobs(main) {
  if (kept.owner !== owner()) kept = { owner: owner(), found: [], deleted: new Set(), at: Date.now() };
  const mine = kept;
  let isLeft = false;
  let isLoaded = mine.found.length > 0;
  let isLoadingOlder = false;
  let before; // the newest page, as it was last
  let turn = 0;
  let sayTimer;
  const rows = new Map();

  const list = h("ol", { class: "rows", "aria-label": t("list.title") });
  const state = h("div", {}, skeleton(4));
  const older = h("p", { class: "hint", role: "status" });
  const more = h("button", { type: "button", onclick: () => showMore() });
  const search = h("input", { type: "search", id: "search", value: chosen.text, placeholder: t("list.search"), "aria-label": t("list.search"),
    spellcheck: "false", autocomplete: "off", maxlength: 200, oninput: () => choose({ text: search.value }) });
  const order = h("select", { "aria-label": t("list.sort"), onchange: () => choose({ order: order.value }) },
    Object.keys(ORDERS).map((key) => h("option", { value: key, selected: key === chosen.order }, t(`list.${key}`))));
  const numbers = FILTERS.map(() => h("b", {}));
  const filters = h("fieldset", { class: "chips" }, h("legend", { class: "unseen" }, t("list.filters")),
    FILTERS.map(([value, label], i) => h("label", {},
      h("input", { type: "radio", name: "status", value, checked: value === chosen.filter, onchange: () => choose({ filter: value }) }),
      h("span", {}, label, " ", numbers[i]))));
  const tools = h("div", { hidden: true }, h("div", { class: "find" }, search, order), filters);
  main.append(h("div", { class: "head" }, h("h1", { tabindex: -1 }, t("list.title")), newExport()), tools, list, state, h("div", { class: "more", hidden: true }, more), older);
  title(t("list.title"));

  const choose = (choice) => {
    chosen = { ...chosen, ...choice, rows: ROWS };
    const number = draw();
    clearTimeout(sayTimer);
    sayTimer = setTimeout(() => announce(t("list.matches", { n: number })), SAID_AFTER_MS);
  };

  const showAll = () => {
    Object.assign(search, { value: "" });
    filters.querySelector("input").checked = true;
    choose({ ...NONE_CHOSEN, order: chosen.order });
    search.focus();
  };

  // Thousands of jobs are not sorted with each letter that somebody types.
  let sorted = {};
  const ordered = () => {
    const { found } = mine;
    const order = ORDERS[chosen.order];
    if (sorted.found !== found || sorted.order !== order) sorted = { found, order, jobs: order ? found.toSorted(order) : found };
    return sorted.jobs;
  };

  /** Returns how many jobs there are of what was chosen. Not all of them may have a row. */
  const draw = () => {
    const found = ordered();
    const words = folded(chosen.text).split(/\s+/);
    const named = chosen.text ? found.filter((job) => words.every((word) => (job.folded ??= folded(job.filename)).includes(word))) : found;
    const is = (value) => ({ status }) => !value || value.includes(status);
    const matching = named.filter(is(chosen.filter));
    drawRows(matching.slice(0, chosen.rows));
    FILTERS.forEach(([value], i) => say(numbers[i], count(named.filter(is(value)).length)));
    tools.hidden = !found.length;
    if (isLoaded) showNone(!matching.length && none(named.length));
    const rest = matching.length - chosen.rows;
    more.parentNode.hidden = rest <= 0;
    say(more, t("list.more", { n: Math.min(rest, ROWS) }));
    say(older, isLoadingOlder ? t("list.loadingOlder") : "");
    const running = found.filter(isOpen).length;
    title(running ? t("list.running", { n: running }) : t("list.title"));
    return matching.length;
  };

  /** Returns [title, words] of why there is none, if it is known. */
  const none = (isNamed) => {
    if (!mine.found.length) return !mine.cursor && [t("list.none"), t("list.noneWords")];
    const text = chosen.text.trim();
    const [, , words] = FILTERS.find(([value]) => value === chosen.filter);
    return !isLoadingOlder && (text ? [t("list.noMatch"), t(isNamed ? "list.noMatchHere" : "list.noMatchWords", { text })] : [t("list.nothing"), t(words)]);
  };

  /** Shows why there is none. What is shown already stays: its button may have the focus. */
  const showNone = (why) => {
    if (why && state.textContent.startsWith(why.join(""))) return;
    fill(state, why && nothing("archive", ...why, mine.found.length > 0 && button(showAll, {}, t("list.showAll"))));
  };

  const showMore = () => {
    const next = chosen.rows;
    chosen.rows += ROWS;
    draw();
    list.children[next]?.querySelector("a").focus();
  };

  /** Rows that stay are not touched: one of them may have the focus, or its menu open. */
  const drawRows = (shown) => {
    const elements = shown.map((job) => {
      if (!rows.has(job.jobId)) rows.set(job.jobId, row(job, done));
      return rows.get(job.jobId)(job);
    });
    const at = [...list.children].findIndex((element) => element.contains(document.activeElement));
    const stay = new Set(elements);
    for (const element of [...list.children]) if (!stay.has(element)) element.remove();
    elements.forEach((element, i) => list.children[i] !== element && list.insertBefore(element, list.children[i] ?? null));
    if (at >= 0 && !list.contains(document.activeElement)) (list.children[Math.min(at, elements.length - 1)]?.querySelector(".dots") ?? main.querySelector("h1")).focus();
    const ids = new Set(shown.map(({ jobId }) => jobId));
    for (const id of rows.keys()) if (!ids.has(id)) rows.delete(id);
  };

  /** Takes the newest page. What is not on it, and not older, was deleted. Returns whether it is new. */
  const take = (page) => {
    const newest = page.jobs.filter(({ jobId }) => !mine.deleted.has(jobId));
    const ids = new Set(newest.map(({ jobId }) => jobId));
    const last = page.jobs.at(-1)?.createdAt;
    const now = JSON.stringify(newest);
    const isNew = now !== before;
    before = now;
    // What is older may have expired or have been deleted, without a word.
    if (Date.now() - mine.at > KEPT_MS) Object.assign(mine, { found: [], at: Date.now() });
    // At first, and if more than a page is new.
    if (!page.cursor || !mine.found.some(({ jobId }) => ids.has(jobId))) mine.cursor = page.cursor;
    mine.found = [...newest, ...mine.found.filter(({ jobId, createdAt }) => !ids.has(jobId) && page.cursor && !(createdAt > last))];
    return isNew;
  };

  const replace = (job) => {
    mine.found = mine.found.map((one) => (one.jobId === job.jobId ? job : one));
  };

  const remove = (id) => {
    mine.deleted.add(id);
    mine.found = mine.found.filter(({ jobId }) => jobId !== id);
  };

  /** What is done with a job here. */
  const done = {
    changed: (job) => {
      replace(job);
      draw();
      look.now();
    },
    deleted: (id) => {
      remove(id);
      draw();
    },
    started: () => look.now(),
  };

  const look = repeat(async () => {
    try {
      const page = await listJobs(user());
      if (isLeft) return false;
      const isNew = take(page);
      // One that runs, and is not among the newest.
      const strays = mine.found.slice(page.jobs.length).filter(isOpen);
      const stray = strays[(turn += 1) % strays.length]?.jobId;
      if (stray) await readJob(stray).then(replace, ({ status }) => status === 404 && remove(stray));
      if (isLeft) return false;
      isLoaded = true;
      trouble(false);
      loadOlder();
      draw();
      return isNew;
    } catch (problem) {
      if (isLeft) return false;
      if (isLoaded) trouble(problem.status !== 429);
      else if (!state.querySelector(".fault")) fill(state, fault(problem, button(() => look.now(), {}, t("common.tryAgain"))));
      throw problem;
    }
  });

  /** Loads all older pages, one after the other. */
  const loadOlder = async () => {
    if (isLoadingOlder) return;
    isLoadingOlder = true;
    while (mine.cursor && !isLeft) {
      try {
        const { cursor } = mine;
        const page = await listJobs(user(), cursor);
        const ids = new Set(mine.found.map(({ jobId }) => jobId));
        mine.found = [...mine.found, ...page.jobs.filter(({ jobId }) => !ids.has(jobId) && !mine.deleted.has(jobId))];
        // Unless more than a page has come meanwhile.
        if (mine.cursor === cursor) mine.cursor = page.cursor;
      } catch ({ status, after }) {
        if (status === 400) mine.cursor = null;
        await new Promise((go) => setTimeout(go, Math.max(RETRY_MS, after * 1000)));
      }
      if (!isLeft) draw();
    }
    isLoadingOlder = false;
    if (!isLeft) draw();
  };

  if (isLoaded) draw();
  const unheard = heard(look.soon);
  // "just now" gets old. The title of a hidden tab may tell of an end.
  const clock = setInterval(() => isLoaded && document.visibilityState === "visible" && draw(), 30_000);
  return () => {
    isLeft = true;
    look.stop();
    unheard();
    clearInterval(clock);
    clearTimeout(sayTimer);
  };
}
