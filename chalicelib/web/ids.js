// Reads file ids as people write them: "10001, 10002 10010-10020", or one a line. Writes them, too.

/** The most ids, files and folders that a request may name (FILES_MAX in http/schemas.py). */
export const MOST = 10_000;

const SMALLEST = 10_000;
const LARGEST = 100_000_000;
const SHORTEST_RUN = 3;
const MOST_REPEATS = 100_000; // a short text may stand for very many

// With a pattern of the operator's, an id is any text, and the API says what is wrong with it.
const isText = document.documentElement.dataset.ids;

/** Returns {ids, repeats, tooMany, errors: [{value, why, limit}]}. `why` is a key of the texts. */
export function parse(text) {
  const ids = new Set();
  const errors = [];
  let repeats = 0;
  const add = (id) => (ids.has(id) ? (repeats += 1) : ids.add(id));
  const ranges = isText ? text : text.replace(/(\d)[ \t]*(?:[-–—]|\.\.)[ \t]*(?=\d)/g, "$1-");
  for (const value of ranges.split(/[\s,;|"'()[\]{}]+/).filter(Boolean)) {
    if (isText) {
      add(value);
      continue;
    }
    const [, from, to = from] = /^(\d{1,15})(?:-(\d{1,15}))?$/.exec(value) ?? [];
    const wrong = from === undefined ? { why: "noId" }
      : +to < +from ? { why: "backwards" }
        : +from < SMALLEST ? { why: "below", limit: `${SMALLEST}` }
          : +to > LARGEST && { why: "above", limit: `${LARGEST}` };
    if (wrong) errors.push({ value, ...wrong });
    else for (let id = +from; id <= +to && ids.size <= MOST && repeats < MOST_REPEATS; id += 1) add(id);
  }
  return { ids: [...ids], repeats, tooMany: ids.size > MOST || repeats >= MOST_REPEATS, errors };
}

/** The ids in their order, those that follow one another as one: [{from, to, ids}]. */
export function runs(ids) {
  const found = [];
  for (let at = 0; at < ids.length;) {
    let end = at + 1;
    while (typeof ids[at] === "number" && ids[end] === ids[end - 1] + 1) end += 1;
    if (end - at < SHORTEST_RUN) end = at + 1;
    found.push({ from: ids[at], to: ids[end - 1], ids: ids.slice(at, end) });
    at = end;
  }
  return found;
}

/** The text of these ids, which `parse` reads, and of `others` that it could not read. */
export const write = (ids, others = []) =>
  [...runs(ids).map(({ from, to }) => (from === to ? from : `${from}-${to}`)), ...others.map(({ value }) => value)].join("\n");
