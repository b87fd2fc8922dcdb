// Calls the API, under the page's own address.

import { sentence } from "./format.js";

const TIMEOUT_MS = 35_000; // API Gateway gives up after 29 s
const ERRORS_SHOWN = 5;
const ADVICE = { // the API's own is for programs
  "request-gone": "Choose its files anew, under New export.",
  "too-many-jobs": "Wait until one has ended, or cancel one under Exports. Then try again.",
};

/** What went wrong, in words for people. `status` is 0 if no answer came. */
export class Problem extends Error {
  constructor(status, title, words, more = []) {
    super(words);
    Object.assign(this, { status, title, words, more });
  }
}

export const jobPath = (id) => `v1/export/${encodeURIComponent(id)}`;

export const listJobs = (user, cursor) => call("GET", query("v1/export", { user_id: user, limit: 50, cursor }));

export const readJob = (id) => call("GET", jobPath(id));

export const cancelJob = (id) => call("DELETE", jobPath(id));

export const retryJob = (id) => call("POST", `${jobPath(id)}/retry`);

export const downloadLink = (id) => call("GET", `${jobPath(id)}/download`);

export const listFiles = (prefix, cursor) => call("GET", query("v1/files", { prefix, cursor }));

/** Safe to repeat with the same key, if the answer is lost. */
export const createJob = (request, key) =>
  call("POST", "v1/export", { body: JSON.stringify(request), headers: { "Content-Type": "application/json", "Idempotency-Key": key } });

export const newKey = () => crypto.getRandomValues(new Uint32Array(4)).join("-");

const query = (path, values) =>
  `${path}?${new URLSearchParams(Object.entries(values).filter(([, value]) => value ?? false))}`;

async function call(method, path, more) {
  let answer;
  try {
    answer = await fetch(path, { method, cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS), ...more });
  } catch {
    throw new Problem(0, "No connection", "The server could not be reached. Check the connection, then try again.");
  }
  const body = await answer.json().catch(() => null);
  if (answer.ok && body) return body;
  if (!body?.title) throw new Problem(answer.status, "The server is in trouble", `It answered with ${answer.status}. Try again in a moment.`);
  const errors = (body.errors ?? []).map(({ pointer, detail }) => sentence(`${pointer.replace("/", "")}: ${detail}`));
  throw new Problem(answer.status, body.title, ADVICE[body.type?.split(":").pop()] ?? sentence(body.detail), errors.length > 1 ? errors.slice(0, ERRORS_SHOWN) : []);
}
