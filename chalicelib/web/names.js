// The names that files will have in an archive, and whether they can be read. Only of rows in view.

import { checkFiles } from "./api.js";

const WAIT_MS = 400; // after the last row came into view: whoever scrolls asks nothing
const MOST = 100;

const isAsked = (row) => row.key !== undefined && !row.isAsked && !row.unreadable;

/** Returns {look, stop}. `look(rows)`: finds out about these, and calls `found` if it has learnt something. */
export function namesOf(source, found) {
  let timer;
  let isBusy = false;
  let wanted = [];

  const ask = async () => {
    const rows = wanted.filter(isAsked).slice(0, MOST);
    if (isBusy || !rows.length) return;
    isBusy = true;
    for (const row of rows) row.isAsked = true;
    try {
      const { files } = await checkFiles({ keys: rows.map(({ key }) => key), source });
      const byKey = new Map(files.map((one) => [one.file, one]));
      for (const row of rows) {
        const { available, name, reason, detail } = byKey.get(row.key);
        if (!available) row.unreadable = { reason, detail };
        if (name && name !== row.name) Object.assign(row, { own: name, folded: undefined });
      }
      found();
    } catch {
      // The keys stay: they are names, too.
    }
    isBusy = false;
    look(wanted);
  };

  const look = (rows) => {
    wanted = rows;
    clearTimeout(timer);
    if (rows.some(isAsked)) timer = setTimeout(ask, WAIT_MS);
  };

  return { look, stop: () => look([]) };
}
