// Calls the API, under the page's own address: the client, and what went wrong in words for people.

import { tickets } from "./address.js";
import { Longhaul, LonghaulError } from "./client.js";
import { inWords } from "./problems.js";
import { plain, t } from "./texts.js";

/** What went wrong, in words for people. `status` is 0 if no answer came. `after`: seconds to wait. `errors`: what the API says of each field, [{pointer, detail}]. */
export class Problem extends Error {
  constructor(status, title, words, quote = "", after = 0) {
    super(words);
    Object.assign(this, { status, title, words, quote, after });
  }
}

/** Who asks, if people sign in here. `token` returns what to send. After a 401, `renew` says whether
 * to send again. `proven`: the API has accepted this sign-in. */
export const access = {};

const jobIn = (path) => /v1\/export\/([^/?]+)/.exec(path)?.[1];

/** It sends a request once, and `follow` for ever: where one fails, a person decides. */
export const client = new Longhaul({
  url: document.baseURI,
  tickets,
  patience: 0,
  token: () => access.token?.(),
  renew: (secret, tries) => access.renew?.(secret, tries),
  fetch: async (address, request) => {
    const answer = await fetch(address, request);
    access.proven ||= answer.ok && !tickets.has(jobIn(address));
    return answer;
  },
});

export const jobPath = (id) => `v1/export/${encodeURIComponent(id)}`;

/** A page of jobs, newest first. */
export const listJobs = (userId, cursor) => said(client.listPage({ userId, cursor }));

export const readJob = (id) => said(client.status(id));

// A cancel does not delete a job that has just ended.
export const cancelJob = (id) => said(client.cancel(id));
export const deleteJob = (id) => said(client.delete(id));

/** The same once more, as a new job, perhaps with {onMissing, onUnreadable, filename} changed. */
export const retryJob = (id, changes) => said(client.retry(id, changes));

/** What was asked: it can be given to `createJob` as it is. */
export const readRequest = (id) => said(client.request(id));

export const renameJob = (id, filename) => said(client.rename(id, filename));

/** A link to the archive, or to what `of` says: {archive} or {index}. Of several archives, without it, {archives}. */
export const downloadLink = (id, of) => call("GET", `${jobPath(id)}/download${of ? `?${new URLSearchParams(of)}` : ""}`);

/** A page of one folder. `values`: {prefix, source, cursor, limit}. */
export const listFiles = (values) => said(client.files(values));

/** {files, bytes, unreadableFiles} of all below a prefix, as far as it was counted; `cursor` goes on. */
export const readTotals = (values, signal) => said(client.totals({ ...values, signal }));

/** {seconds, limits, exceeded} of {files, bytes, entries}. */
export const readEstimate = (values) => said(client.estimate(values));

/** {files: [{file, available, name, size, reason, detail}]} of at most 100 {keys} or {fileIds}. */
export const checkFiles = (request) => said(client.check(request));

/** Safe to repeat with the same key, if the answer is lost. */
export const createJob = (request, idempotencyKey) => said(client.create(request, { idempotencyKey }));

export const post = (path, body) => call("POST", path, body);

/** Sends any other request, with the job's ticket or the person's token. */
export const call = (method, path, body) => said(client.call({ method, path, body, job: jobIn(path) }));

export const newKey = () => crypto.getRandomValues(new Uint32Array(4)).join("-");

const said = (answer) => answer.catch((error) => Promise.reject(problemOf(error)));

const ours = (slug, status, after) => new Problem(status, t(`problems.${slug}.title`), t(`problems.${slug}.words`), "", after);

function problemOf(error) {
  if (error.cause instanceof Problem) return error.cause; // the sign-in has said it
  if (!(error instanceof LonghaulError)) return error;
  const { slug, status, retryAfter: after = 0 } = error;
  if (slug === "unexpected-answer") return ours("no-answer", status, after);
  if (!status) return ours("no-connection", 0);
  const { title, words, quote } = inWords({ ...error, after });
  const errors = error.errors.map((one) => ({ ...one, detail: plain(one.detail) }));
  return Object.assign(new Problem(status, title, words, quote, after), { errors });
}
