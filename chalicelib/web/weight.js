// How much is in a basket, as far as it is known: folders are counted, ids are looked up, and the API says how long it takes.

import { checkFiles, readEstimate, readTotals } from "./api.js";
import { lines, request } from "./basket.js";
import { user } from "./person.js";

const PAUSE_MS = 500; // without a change
const BATCH = 100; // of one look-up
const LOOKED_UP = 200; // ids, and as many keys; more are not worth what it costs

// What was found in this visit, by source: {folders: by prefix, ids: by id, keys: by key}.
const known = new Map();

/** Forgets what was found, so that it is counted again. */
export const forget = () => known.clear();

/**
 * Finds out what is in `chosen`. Calls `told` after each answer. Returns {changed, stop, of}:
 * `of` returns {files, bytes, unsized, unavailable, folderFiles, isCounting, uncounted, seconds, limits, exceeded}.
 * `unavailable`: ids and keys that cannot be exported. `size` returns the bytes of a key, NaN if they are not known.
 * `doubt` has everything counted and looked up again: what the basket says may be old. `form` returns what a request says of the archive.
 */
export function weight(chosen, told, form) {
  let counting, looking, guessing, newest;
  let stopped = false;
  let doubted = new Set(); // keys whose size is looked up although the basket has one
  let estimate = {};
  const asked = new Set(); // ids and keys that are being looked up

  const here = () => {
    if (!known.has(chosen.source)) known.set(chosen.source, { folders: new Map(), ids: new Map(), keys: new Map() });
    return known.get(chosen.source);
  };

  const count = async () => {
    const { source } = chosen;
    const { folders } = here();
    const prefix = [...chosen.folders].find((one) => !folders.get(one)?.isDone);
    if (prefix === undefined || counting || stopped) return;
    const own = counting = { prefix, source, abort: new AbortController() };
    const sum = folders.get(prefix) ?? { files: 0, bytes: 0, unreadableFiles: 0 };
    try {
      do {
        const page = await readTotals({ prefix, source, cursor: sum.cursor }, own.abort.signal);
        for (const name of ["files", "bytes", "unreadableFiles"]) sum[name] += page[name];
        sum.cursor = page.cursor;
        sum.isDone = !page.cursor;
        folders.set(prefix, sum);
        if (own.abort.signal.aborted) return;
        tell();
      } while (!sum.isDone);
    } catch {
      // It is not known then, and the export says what is wrong.
      if (!own.abort.signal.aborted) folders.set(prefix, { ...sum, isDone: true, isUnknown: true });
      tell();
    } finally {
      if (counting === own) {
        counting = undefined;
        count();
      }
    }
  };

  /** Looks up what has no size yet, by id or by key. */
  const lookUp = async (field, values, found) => {
    const unknown = values.filter((value) => !found.has(value) && !asked.has(value)).slice(0, Math.max(0, LOOKED_UP - found.size));
    for (const value of unknown) asked.add(value);
    for (let at = 0; at < unknown.length; at += BATCH) {
      const batch = unknown.slice(at, at + BATCH);
      try {
        const { files } = await checkFiles({ [field]: batch, ...(chosen.source && { source: chosen.source }) });
        for (const one of files) found.set(one.file, one);
      } catch {
        break; // A size that is not known stops nobody.
      }
      tell();
    }
    for (const value of unknown) asked.delete(value);
  };

  const guess = async () => {
    const { files, bytes } = of();
    const values = { files, bytes, entries: lines(chosen), userId: user(), ...form() };
    const about = Object.values(values).join();
    if (!files || estimate.about === about) return;
    newest = about;
    const answer = await readEstimate(values).catch(() => ({ limits: estimate.limits })); // Nothing waits for a guess.
    if (newest !== about) return;
    estimate = { ...answer, about };
    if (!stopped) told();
  };

  const tell = () => {
    if (stopped) return;
    told();
    clearTimeout(guessing);
    guessing = setTimeout(guess, PAUSE_MS);
  };

  const changed = () => {
    if (counting && (counting.source !== chosen.source || !chosen.folders.has(counting.prefix))) {
      counting.abort.abort();
      counting = undefined;
    }
    count();
    clearTimeout(looking);
    looking = setTimeout(() => {
      const found = here();
      const unsized = [];
      for (const [key, size] of chosen.files) if ((size === null || doubted.has(key)) && unsized.length < LOOKED_UP) unsized.push(key);
      lookUp("fileIds", chosen.ids, found.ids);
      lookUp("keys", unsized, found.keys);
    }, PAUSE_MS);
    clearTimeout(guessing);
    guessing = setTimeout(guess, PAUSE_MS);
  };

  const of = () => {
    const { folders, ids, keys } = here();
    let [files, bytes, unsized, folderFiles, uncounted] = [chosen.ids.length + chosen.files.size, 0, 0, 0, 0];
    let isCounting = false;
    const unavailable = [];
    const add = (which, found, size) => {
      if (found?.available === false) unavailable.push(which);
      else if (found || size !== null) bytes += found?.size ?? size ?? 0;
      else unsized += 1;
    };
    for (const id of chosen.ids) add(id, ids.get(id), null);
    for (const [key, size] of chosen.files) add(key, keys.get(key), size);
    for (const prefix of chosen.folders) {
      const sum = folders.get(prefix);
      isCounting ||= !sum?.isDone;
      uncounted += sum?.isUnknown ? 1 : 0;
      folderFiles += sum?.files ?? 0;
      bytes += sum?.bytes ?? 0;
    }
    files += folderFiles;
    return { ...(files ? estimate : {}), files, bytes, unsized, unavailable, folderFiles, isCounting, uncounted };
  };

  return {
    changed,
    of,
    folder: (prefix) => here().folders.get(prefix),
    file: (id) => here().ids.get(id) ?? here().keys.get(id),
    size: (key) => {
      const found = here().keys.get(key);
      return found?.available === false ? 0 : found?.size ?? chosen.files.get(key) ?? NaN;
    },
    doubt: () => {
      forget();
      doubted = new Set(chosen.files.keys());
    },
    stop: () => {
      stopped = true;
      counting?.abort.abort();
      for (const timer of [looking, guessing]) clearTimeout(timer);
    },
  };
}

/** What is too much: [{limit, most, isCertain, detail}]. The API refuses for certain what it can count in the request. */
export function tooMuch(chosen, { folderFiles, limits = {}, exceeded = [] }) {
  const isMixed = chosen.folders.size && lines(chosen) > 1;
  const found = exceeded.filter(({ limit }) => limit !== "listedFiles" && limit !== "entries");
  const over = (limit, number) => limits?.[limit] != null && number > limits[limit] && found.push({ limit, most: limits[limit] });
  over("entries", lines(chosen));
  if (isMixed) over("listedFiles", folderFiles);
  if (limits.bodyBytes && lines(chosen) > 1_000 && !found.some(({ limit }) => limit === "entries")) over("bodyBytes", new TextEncoder().encode(JSON.stringify(request(chosen))).length);
  const named = chosen.ids.length + chosen.files.size;
  const isCertain = ({ limit, most }) => ["entries", "bodyBytes"].includes(limit) || (limit === "filesPerJob" && named > most) || (limit === "bytesLeftToday" && most <= 0);
  return found.map((one) => ({ ...one, isCertain: isCertain(one) }));
}
