// What the API says of a request, by what it is about. Pure.

import { sentence } from "./format.js";

/**
 * Returns {filename, source, ids, listed}: words for the two fields, if they are wrong; what is wrong with
 * ids as [{value, why, words}], and with keys and prefixes as [{which, words}]. `errors` are those of a
 * Problem, and `body` is the request that it is about.
 */
export function refusals({ errors = [] }, body) {
  const found = { filename: undefined, source: undefined, ids: [], listed: [] };
  for (const { pointer, detail } of errors) {
    // As "/files/3/key", "/keys/3", or "/prefix" (RFC 6901).
    const [, field, index, part] = pointer.split("/");
    const which = body[field]?.[index]?.[part] ?? body[field]?.[index] ?? body[field];
    const words = sentence(detail);
    if (field === "filename" || field === "source") found[field] = words;
    else if (field === "fileIds" || part === "id") found.ids.push({ value: String(which), why: "refused", words: detail });
    else if (["keys", "prefix", "files"].includes(field)) found.listed.push({ which: String(which?.key ?? which?.prefix ?? which), words });
  }
  return found;
}
