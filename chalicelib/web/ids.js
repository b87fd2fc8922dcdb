// Reads file ids as people write them: "10001, 10002 10010-10020", or one a line.

export const MOST = 10_000;

const SMALLEST = 10_000;
const LARGEST = 100_000_000;

// With a pattern of the operator's, an id is any text, and the API says what is wrong with it.
const isText = document.documentElement.dataset.ids;

/** Returns {ids, repeats, tooMany, errors: [{value, why}]}. */
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
    const why = from === undefined ? "is not a file id"
      : +to < +from ? "runs backwards"
        : +from < SMALLEST ? `is below ${SMALLEST}`
          : +to > LARGEST && `is above ${LARGEST}`;
    if (why) errors.push({ value, why });
    else for (let id = +from; id <= +to && ids.size <= MOST; id += 1) add(id);
  }
  return { ids: [...ids], repeats, tooMany: ids.size > MOST, errors };
}
