// What is in one folder: loaded page by page, sorted and searched. Long work is done in slices, so
// that the page answers in between.

import { listFiles } from "./api.js";
import { folded } from "./search.js";
import { locale } from "./texts.js";

const FIRST_PAGE = 1000; // S3 lists as many at once: the first rows come soon
const PAGE = 5000;
const MOST_UNASKED = 200_000; // more rows are loaded if the person wants them
const SLICE_MS = 10;
const STEP = 256; // rows between two looks at the clock
const FRESH_MS = 10_000;
const LONG = 10_000; // rows: so many are not loaded again that soon
const FRESH_LONG_MS = 120_000;
const MOST_KEPT = 300_000; // rows of folders that one has left

const collator = new Intl.Collator(locale, { numeric: true });

// By source and folder, the newest last.
const visited = new Map();

export const isFolder = (row) => row.prefix !== undefined;

export const keyOf = (row) => row.prefix ?? row.key;

const rest = () => new Promise((done) => setTimeout(done));

/** Does the steps of a generator in slices. Returns what it returns, or undefined if it is no longer wanted. */
async function inSlices(steps, isWanted) {
  while (isWanted()) {
    const until = performance.now() + SLICE_MS;
    let step;
    do step = steps.next(); while (!step.done && performance.now() < until);
    if (step.done) return step.value;
    await rest();
  }
}

const byName = (a, b) => collator.compare(a.name, b.name);

const ORDERS = {
  name: byName,
  size: (a, b) => a.size - b.size || byName(a, b),
  date: (a, b) => (a.lastModified < b.lastModified ? -1 : a.lastModified > b.lastModified ? 1 : byName(a, b)),
};

/** Folders come first; they have a name only. */
const comparing = ({ by, isDown }) => (a, b) => isFolder(b) - isFolder(a)
  || (isFolder(a) && by !== "name" ? byName : ORDERS[by])(a, b) * (isDown && !(isFolder(a) && by !== "name") ? -1 : 1);

function* matching(rows, words) {
  const found = [];
  for (let i = 0; i < rows.length; i += 1) {
    const row = rows[i];
    row.folded ??= folded(row.own ? `${row.name}\n${row.own}` : row.name);
    if (row.folded.includes(words)) found.push(row);
    if (i % STEP === 0) yield;
  }
  return found;
}

function* merged(a, b, compare) {
  if (!a.length || !b.length || compare(a.at(-1), b[0]) <= 0) return a.concat(b);
  const all = [];
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    if (compare(a[i], b[j]) <= 0) all.push(a[i++]);
    else all.push(b[j++]);
    if (all.length % STEP === 0) yield;
  }
  return all.concat(a.slice(i), b.slice(j));
}

/** Sorts by merging. What is in order already, as most of what S3 lists, is hardly compared. */
function* sorted(rows, compare) {
  let runs = [];
  for (let i = 0; i < rows.length; i += STEP) {
    runs.push(rows.slice(i, i + STEP).sort(compare));
    yield;
  }
  while (runs.length > 1) {
    const next = [];
    for (let i = 0; i < runs.length; i += 2) next.push(runs[i + 1] ? yield* merged(runs[i], runs[i + 1], compare) : runs[i]);
    runs = next;
  }
  return runs[0] ?? [];
}

/** Adds rows to those that are sorted already. Returns all of them, and those that match. */
function* arranged(before, rows, { words, ...order }) {
  const compare = comparing(order);
  const all = rows.length ? yield* merged(before, yield* sorted(rows, compare), compare) : before;
  return [all, words ? yield* matching(all, words) : all];
}

/** Returns the listing of a folder: the one of before, if it is still fresh. */
export function listing(source, folder) {
  const id = JSON.stringify([source, folder]);
  let found = visited.get(id);
  if (!found || Date.now() - found.began > (found.rows.length < LONG ? FRESH_MS : FRESH_LONG_MS)) {
    const place = found?.place;
    found = made(source, folder);
    found.place = place;
  }
  visited.delete(id);
  visited.set(id, found);
  let rows = 0;
  for (const [other, { rows: { length } }] of [...visited].reverse()) if ((rows += length) > MOST_KEPT && other !== id) visited.delete(other);
  return found;
}

/**
 * `rows`: all that is loaded, in S3's order. `shown`: those of them that match, sorted. `isWhole`:
 * there is no more to load. `load` goes on, until `isWanted` says no. `changed` is called after each
 * change of `shown`, and when loading ends.
 */
function made(source, folder) {
  const self = { source, folder, began: Date.now(), top: "", rows: [], shown: [], files: 0, isWhole: false,
    view: { by: "name", isDown: false, words: "" }, load, arrange };
  let cursor;
  let loading;
  let inOrder = []; // the first of the rows, sorted
  let isStale = false;
  let turn = 0;
  let settling;

  const settle = () => (settling ??= settled().finally(() => (settling = undefined)));

  async function settled() {
    while (isStale || inOrder.length < self.rows.length) {
      const own = turn;
      const next = await inSlices(arranged(inOrder, self.rows.slice(inOrder.length), self.view), () => own === turn);
      if (own !== turn) continue;
      [inOrder, self.shown] = next;
      isStale = false;
      self.changed?.();
    }
  }

  /** Sorts and searches anew. `view`: what changes of {by, isDown, words}. */
  function arrange(view) {
    const next = { ...self.view, ...view };
    if (Object.keys(next).every((name) => next[name] === self.view[name])) return Promise.resolve();
    if (next.by !== self.view.by || next.isDown !== self.view.isDown) inOrder = [];
    self.view = next;
    isStale = true;
    turn += 1;
    return settle();
  }

  /** Goes on while `isWanted`, after a problem from where it was. Ends when there is no more to load. */
  function load(isWanted) {
    self.isWanted = isWanted;
    self.isLoading = true;
    return (loading ??= loaded().finally(() => {
      loading = undefined;
      self.isLoading = false;
      self.changed?.();
    }));
  }

  async function loaded() {
    self.problem = undefined;
    const until = self.rows.length + MOST_UNASKED;
    try {
      while (!self.isWhole && self.rows.length < until && self.isWanted(self)) {
        const page = await listFiles({ prefix: folder, source, cursor, limit: self.rows.length ? PAGE : FIRST_PAGE });
        cursor = page.cursor ?? undefined;
        self.top = page.topPrefix;
        self.folder = page.prefix;
        self.rows.push(...page.folders, ...page.files);
        self.files += page.files.length;
        self.isWhole = !cursor;
        await settle();
      }
    } catch (problem) {
      self.problem = problem;
    }
  }

  return self;
}
