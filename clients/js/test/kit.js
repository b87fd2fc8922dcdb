// What the tests need in Node.js and in a browser alike.

/** The tests of all suites, as [name, function of {lib, url, server, user}]. */
export const tests = [];

export const test = (name, run) => tests.push([name, run]);

export function equal(found, wanted, what = "") {
  const [one, two] = [found, wanted].map((value) => JSON.stringify(value));
  if (one !== two) throw new Error(`${what} is ${one}, and not ${two}`);
}

export function ok(value, what) {
  if (!value) throw new Error(what);
}

/** Returns what a promise is rejected with. */
export async function failure(promise) {
  let value;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`It has succeeded, with ${JSON.stringify(value)}`);
}

/** Writes down the answers of a server. Returns {url, asked}: what was asked so far. */
export async function scripted({ server }, ...answers) {
  const { path } = await (await fetch(`${server}/script`, { method: "POST", body: JSON.stringify(answers) })).json();
  const asked = async () => (await (await fetch(`${server}/asked/${path.split("/").pop()}`)).json()).asked;
  return { url: server + path, asked };
}

/** Waits until a condition holds. */
export async function until(condition, what) {
  const late = performance.now() + 20_000;
  while (!(await condition())) {
    if (performance.now() > late) throw new Error(`Not within 20 s: ${what}`);
    await new Promise((go) => setTimeout(go, 20));
  }
}

export const problem = (slug, status, headers = {}, more = {}) => ({
  status,
  headers: { "Content-Type": "application/problem+json", ...headers },
  body: JSON.stringify({ type: `urn:problem-type:longhaul:${slug}`, title: "Its title", status, detail: "its detail", requestId: "r-1", ...more }),
});

export const ID = "5f0c5d0e-1111-4222-8333-444455556666";

/** A job at this percentage; 100 is its end. */
export const job = (percent, more = {}) => ({
  jobId: ID,
  filename: "a.zip",
  status: percent === 100 ? "completed" : "processing",
  progress: { percent, currentFile: 0, totalFiles: 1, bytesDone: percent, bytesTotal: 100, stage: percent === 100 ? "done" : "assembling", message: "", etaSeconds: null },
  result: percent === 100 ? { s3Key: "a", fileSize: 100, processedFiles: 1, totalFiles: 1, missing: [], skipped: [], downloadUrl: "x" } : null,
  error: null,
  ...more,
});

/** An answer with these events of a stream. */
export const stream = (...jobs) => ({
  headers: { "Content-Type": "text/event-stream" },
  body: jobs.map((one, n) => `retry: 200\nid: ${one.progress.percent}-${n}\nevent: ${one.status}\ndata: ${JSON.stringify(one)}\n\n`).join(""),
});

export const nothingNew = { headers: { "Content-Type": "text/event-stream" }, body: "retry: 200\n: nothing new\n" };

export async function collected(jobs) {
  const percents = [];
  for await (const one of jobs) percents.push(one.progress.percent);
  return percents;
}
