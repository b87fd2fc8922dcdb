// The view with the list of the person's jobs.

import { listJobs, readJob } from "./api.js";
import { announce, button, fault, fill, h, icon, link, name, newExport, nothing, ring, say, skeleton, toast, trouble } from "./dom.js";
import { ago, count, files, size } from "./format.js";
import { downloadLinkOf, leftOf, STATUS } from "./job.js";
import { heard, isOpen, repeat } from "./live.js";
import { owner, user } from "./person.js";
import { inWords } from "./problems.js";
import { title } from "./tab.js";
import { locale, plain, t } from "./texts.js";

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
const ROWS = 100; // at first, and with each "Show more"
const RETRY_MS = 10_000;
const SAID_AFTER_MS = 700; // of no typing

const NONE_CHOSEN = { filter: "", text: "", order: "newest" };

// What was chosen, and what was loaded, for who comes back. `cursor` is where the older jobs go on.
let chosen = { ...NONE_CHOSEN, rows: ROWS };
let kept = {};

const folded = (text) => text.normalize("NFKC").toLowerCase();

export function jobs(main) {
  if (kept.owner !== owner()) kept = { owner: owner(), found: [], deleted: new Set() };
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
  const more = h("div", { class: "more" });
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
  main.append(h("div", { class: "head" }, h("h1", { tabindex: -1 }, t("list.title")), newExport()), tools, list, state, more, older);
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

  /** Returns how many jobs there are of what was chosen. Not all of them may have a row. */
  const draw = () => {
    const { found } = mine;
    const words = folded(chosen.text).split(/\s+/);
    const named = chosen.text ? found.filter((job) => words.every((word) => (job.folded ??= folded(job.filename)).includes(word))) : found;
    const is = (value) => ({ status }) => !value || value.includes(status);
    const matching = named.filter(is(chosen.filter));
    if (ORDERS[chosen.order]) matching.sort(ORDERS[chosen.order]);
    drawRows(matching.slice(0, chosen.rows));
    FILTERS.forEach(([value], i) => say(numbers[i], count(named.filter(is(value)).length)));
    tools.hidden = !found.length;
    fill(state, isLoaded && !matching.length && none(named.length));
    const rest = matching.length - chosen.rows;
    fill(more, rest > 0 && button(showMore, {}, t("list.more", { n: Math.min(rest, ROWS) })));
    say(older, isLoadingOlder ? t("list.loadingOlder") : "");
    const running = found.filter(isOpen).length;
    title(running ? t("list.running", { n: running }) : t("list.title"));
    return matching.length;
  };

  const none = (isNamed) => {
    if (!mine.found.length) return !mine.cursor && nothing("archive", t("list.none"), t("list.noneWords"));
    if (isLoadingOlder) return false;
    const [, , words] = FILTERS.find(([value]) => value === chosen.filter);
    const text = chosen.text.trim();
    return nothing("archive", ...(text ? [t("list.noMatch"), t(isNamed ? "list.noMatchHere" : "list.noMatchWords", { text })] : [t("list.nothing"), t(words)]),
      button(showAll, {}, t("list.showAll")));
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
    if (rows.size > 2 * elements.length + ROWS) rows.clear();
  };

  /** Takes the newest page. What is not on it, and not older, was deleted. Returns whether it is new. */
  const take = (page) => {
    const newest = page.jobs.filter(({ jobId }) => !mine.deleted.has(jobId));
    const ids = new Set(newest.map(({ jobId }) => jobId));
    const last = page.jobs.at(-1)?.createdAt;
    const isNew = JSON.stringify(newest) !== before;
    before = JSON.stringify(newest);
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
      else fill(state, fault(problem, button(() => look.now(), {}, t("common.tryAgain"))));
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
        mine.found.push(...page.jobs.filter(({ jobId }) => !ids.has(jobId) && !mine.deleted.has(jobId)));
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

/** Makes a row of the list. Returns a function that updates the row and returns it. */
function row({ jobId }, { changed, deleted, started }) {
  let current, drawn, named;
  const picture = h("span", { class: "disc" });
  const facts = h("span", { class: "meta" });
  const side = h("span", { class: "side" });
  const anchor = link(`#/jobs/${jobId}`, { class: "" });
  const open = async (event) => {
    event.preventDefault(); // of what a button of a popover does by itself
    if (element.querySelector(".menu")) return element.querySelector(".menu").hidePopover();
    try {
      (await import("./menu.js")).openMenu(dots, current, { changed, deleted: () => deleted(jobId), started });
    } catch {
      toast(t("job.unreachable"));
    }
  };
  const dots = button(open, { class: "dots", "aria-haspopup": "menu", "aria-expanded": "false", onkeydown: (event) => event.key === "ArrowDown" && open(event) }, icon("dots"));
  const element = h("li", {}, picture, h("span", { class: "what" }, anchor, facts), side, dots);
  return (job) => {
    current = job;
    say(facts, described(job));
    const { status, filename, progress: { percent, etaSeconds } } = job;
    if (named !== filename) {
      named = filename;
      drawn = undefined;
      fill(anchor, name(filename));
      dots.setAttribute("aria-label", t("list.menuOf", { name: filename }));
    }
    const look = `${status} ${percent} ${etaSeconds}`;
    if (look === drawn) return element;
    drawn = look;
    element.className = status;
    const hadFocus = side.contains(document.activeElement);
    fill(picture, status === "processing" ? ring(percent) : icon(STATUS[status][1]));
    fill(side, status === "completed"
      ? downloadLinkOf(jobId, { "aria-label": t("list.downloadOf", { name: filename }) }, h("span", { class: "wide" }, t("list.download")))
      : [h("span", { class: "word" }, status === "processing" ? t("job.percent", { n: percent }) : STATUS[status][0]),
        etaSeconds !== null && h("span", { class: "meta" }, leftOf(etaSeconds))]);
    if (hadFocus) dots.focus();
    return element;
  };
}

function described({ createdAt, progress, result, error }) {
  const number = result ? result.processedFiles : progress.totalFiles;
  const lost = result && result.totalFiles - number;
  return [number && files(number), result && size(result.fileSize), ago(createdAt), lost && t("list.leftOut", { n: lost }), error && plain(inWords(error).title)]
    .filter(Boolean).join(" · ");
}
