// Calls the API, under the page's own address.

import { tickets } from "./address.js";
import { inWords } from "./problems.js";
import { plain, t } from "./texts.js";

const TIMEOUT_MS = 35_000; // API Gateway gives up after 29 s

/** What went wrong, in words for people. `status` is 0 if no answer came. `after`: seconds to wait. `errors`: what the API says of each field, [{pointer, detail}]. */
export class Problem extends Error {
  constructor(status, title, words, quote = "", after = 0) {
    super(words);
    Object.assign(this, { status, title, words, quote, after });
  }
}

const ours = (slug, status, after) => new Problem(status, t(`problems.${slug}.title`), t(`problems.${slug}.words`), "", after);

/** Who asks, if people sign in here. `token` returns what to send. After a 401, `renew` says whether
 * to send again. `proven`: the API has accepted this sign-in. */
export const access = {};

export const jobPath = (id) => `v1/export/${encodeURIComponent(id)}`;

/** A page of jobs, newest first. */
export const listJobs = (user, cursor) => call("GET", query("v1/export", { userId: user, limit: 100, cursor }));

export const readJob = (id) => call("GET", jobPath(id));

/** Returns the text of a short stream of events; null if nothing can come any more. */
export const readEvents = (id, seen, signal) =>
  call("GET", `${jobPath(id)}/progress`, { headers: { Accept: "text/event-stream", ...(seen && { "Last-Event-ID": seen }) }, signal });

// A cancel must not delete a job that has just ended.
export const cancelJob = (id) => call("DELETE", `${jobPath(id)}?only=open`);
export const deleteJob = (id) => call("DELETE", `${jobPath(id)}?only=ended`);

/** The same once more, as a new job, perhaps with {onMissing, onUnreadable, filename} changed. */
export const retryJob = (id, changes = {}) => post(`${jobPath(id)}/retry`, changes);

/** What was asked: it can be given to `createJob` as it is. */
export const readRequest = (id) => call("GET", `${jobPath(id)}/request`);

export const renameJob = (id, filename) => withBody("PATCH", jobPath(id), { filename });

export const downloadLink = (id) => call("GET", `${jobPath(id)}/download`);

/** A page of one folder. `values`: {prefix, source, cursor, limit}. */
export const listFiles = (values = {}) => call("GET", query("v1/files", values));

/** {files, bytes, unreadableFiles} of all below a prefix, as far as it was counted; `cursor` goes on. */
export const readTotals = (values, signal) => call("GET", query("v1/files/totals", values), { signal });

/** {seconds, limits, exceeded} of {files, bytes, entries}. */
export const readEstimate = (values) => call("GET", query("v1/estimate", values));

/** {files: [{file, available, name, size, reason, detail}]} of at most 100 {keys} or {fileIds}. */
export const checkFiles = (request) => post("v1/download/check", request);

/** Safe to repeat with the same key, if the answer is lost. */
export const createJob = (request, key) => post("v1/export", request, { "Idempotency-Key": key });

const withBody = (method, path, body, headers) =>
  call(method, path, { body: JSON.stringify(body), headers: { "Content-Type": "application/json", ...headers } });

export const post = (path, body, headers) => withBody("POST", path, body, headers);

export const newKey = () => crypto.getRandomValues(new Uint32Array(4)).join("-");

const query = (path, values) =>
  `${path}?${new URLSearchParams(Object.entries(values).filter(([, value]) => value || value === 0))}`;

async function send(method, path, more) {
  const signal = AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), more.signal].filter(Boolean));
  try {
    const answer = await fetch(path, { method, cache: "no-store", ...more, signal });
    const isStream = answer.headers.get("Content-Type")?.startsWith("text/event-stream");
    return [answer, isStream ? await answer.text() : await answer.json().catch(() => null)];
  } catch {
    throw ours("no-connection", 0);
  }
}

/** Calls the API with what this page has: the job's ticket, or the person's token. */
export async function call(method, path, more = {}) {
  const ticket = tickets.get(path.split(/[/?]/)[2]);
  for (let tries = 0; ; tries += 1) {
    const secret = ticket ?? (await access.token?.());
    const headers = { ...more.headers, ...(secret !== undefined && { Authorization: `Bearer ${secret}` }) };
    const [answer, body] = await send(method, path, { ...more, headers });
    if (answer.ok && (body !== null || answer.status === 204)) {
      access.proven ||= ticket === undefined;
      return body;
    }
    if (answer.status === 401 && ticket === undefined && (await access.renew?.(secret, tries))) continue;
    throw problemOf(answer, body);
  }
}

function problemOf({ status, headers }, body) {
  const after = Number(headers.get("Retry-After")) || 0;
  if (!body?.title) return ours("no-answer", status, after);
  const { title, words, quote } = inWords({ ...body, status, after });
  const errors = body.errors?.map((one) => ({ ...one, detail: plain(one.detail) }));
  return Object.assign(new Problem(status, title, words, quote, after), { errors });
}
