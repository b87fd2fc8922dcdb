// What went wrong, in the page's words: of a request that was refused, and of a job that failed.

import { duration, sentence, size } from "./format.js";
import { has, plain, t } from "./texts.js";

const ERRORS_SHOWN = 5;

// Their details name a file, a field or a number. The API writes them in English.
const NAMING = ["invalid-request", "forbidden", "not-retryable", "quota-exceeded", "source-missing", "source-changed",
  "source-unreadable", "storage-refused", "access-denied", "limit-exceeded", "given-up"];

// Of the gateway, which knows no types.
const BY_STATUS = { 401: "unauthorized", 403: "forbidden", 404: "not-found", 413: "body-too-large", 429: "rate-limited" };

// A page that is older than the API may meet them, and loads anew.
const OUTDATED = ["malformed-body", "unsupported-media-type", "method-not-allowed"];

/**
 * Returns {title, words, quote} of an RFC 9457 document, or of the error of a job. `after`: seconds to
 * wait. `quote` is English, and may be of several lines; empty if the API's detail adds nothing. A
 * type that is not known here keeps the API's own words.
 */
export function inWords({ type, status, title, detail, errors = [], requestId, after }) {
  const end = String(type ?? "").split(":").pop();
  const slug = end === "blank" ? BY_STATUS[status] ?? "unavailable" : OUTDATED.includes(end) ? "outdated" : end;
  const key = `problems.${slug}`;
  if (!has(`${key}.title`)) return { title: plain(title), words: detail ? sentence(plain(detail)) : "", quote: "" };
  const isLater = after > 0 && has(`${key}.wait`);
  return {
    title: t(`${key}.title`),
    words: isLater ? t(`${key}.wait`, { wait: duration(after) }) : t(`${key}.words`),
    quote: slug === "internal-error" ? plain(requestId ?? "") : NAMING.includes(slug) && end !== "blank" ? quoteOf(detail, errors) : "",
  };
}

function quoteOf(detail, errors) {
  const lines = errors.length > 1 ? errors.slice(0, ERRORS_SHOWN).map((one) => `${one.pointer.replace("/", "")}: ${one.detail}`)
    : detail ? [detail] : [];
  return lines.map((line) => sentence(plain(line).replace(/(\d+) bytes/g, (_, bytes) => size(+bytes)))).join("\n");
}
