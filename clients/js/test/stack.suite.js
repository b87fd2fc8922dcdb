// Against a deployed stack, as its users have it.

import { equal, failure, ok, test } from "./kit.js";

const made = async ({ lib, url, user, ids }, more = {}) => {
  const client = new lib.Longhaul({ url });
  const accepted = await client.create({ fileIds: ids, userId: user, ...more });
  return { client, accepted };
};

test("an export is asked for, followed to its end, and has a link", async (at) => {
  const { client, accepted } = await made(at);

  const states = [];
  for await (const job of client.watch(accepted)) states.push(job.status);
  const job = await client.status(accepted);
  const { downloadUrl, expiresIn } = await client.link(job);

  equal([accepted.status, accepted.totalFiles], ["queued", at.ids.length]);
  equal([states.at(-1), job.status, job.result.processedFiles], ["completed", "completed", at.ids.length]);
  ok(new Set(states.slice(0, -1)).size <= 2 && !states.slice(0, -1).includes("completed"), states.join());
  ok(/^http/.test(downloadUrl) && expiresIn > 0, downloadUrl);
  ok(!at.lib.isOpen(job) && at.lib.isOpen(accepted), "isOpen");
});

test("the same key is the same job", async (at) => {
  const client = new at.lib.Longhaul({ url: at.url });
  const ask = () => client.create({ fileIds: at.ids, userId: at.user }, { idempotencyKey: `${at.user}-once` });

  equal((await ask()).jobId, (await ask()).jobId);
});

test("a status may wait", async (at) => {
  const { client, accepted } = await made(at, { fresh: true });

  let job = await client.status(accepted);
  for (let n = 0; at.lib.isOpen(job) && n < 60; n += 1) job = await client.status(accepted, { wait: 20 });

  equal(job.status, "completed");
});

test("the list comes page by page", async (at) => {
  const user = `${at.user}-list`;
  const { client } = await made({ ...at, user });
  await made({ ...at, user });
  await made({ ...at, user });

  const ids = [];
  for await (const { jobId } of client.list({ userId: user, limit: 1 })) ids.push(jobId);
  const page = await client.listPage({ userId: user, limit: 2 });

  equal([new Set(ids).size, page.jobs.length, typeof page.cursor], [3, 2, "string"]);
  equal(page.jobs.map(({ jobId }) => jobId), ids.slice(0, 2));
});

test("a job is renamed, asked for again, and deleted", async (at) => {
  const { client, accepted } = await made(at);
  const end = await client.wait(accepted);

  equal((await client.rename(end, "Ümlaut.zip")).filename, "Ümlaut.zip");
  equal((await client.request(end)).fileIds, at.ids);
  equal((await failure(client.retry(end))).slug, "not-retryable");
  equal((await failure(client.cancel(end))).slug, "already-ended");
  await client.delete(end);
  await client.delete(end);
  equal((await failure(client.status(end))).slug, "not-found");
  equal((await failure(client.wait(end))).slug, "not-found");
});

test("a job that has failed is retried", async (at) => {
  const { client, accepted } = await made(at, { fileIds: [at.ids[0], 99_999_999], onMissing: "fail" });

  const failed = await client.wait(accepted);
  equal([failed.status, at.lib.slugOf(failed.error)], ["failed", "source-missing"]);
  equal((await failure(client.link(failed))).slug, "not-ready");
  const again = await client.retry(failed, { onMissing: "skip" });

  equal([(await client.wait(again)).status, (await client.retry(failed, { onMissing: "skip" })).jobId], ["completed", again.jobId]);
});

test("what there is to export is listed, counted, estimated and looked up", async (at) => {
  const client = new at.lib.Longhaul({ url: at.url });

  const { files } = await client.files({ prefix: "downloads/", limit: 1 });
  const totals = await client.totals({ prefix: `downloads/${at.ids[0]}` });
  const estimate = await client.estimate({ files: 0, bytes: 0, userId: at.user });
  const { files: found } = await client.check({ fileIds: [at.ids[0], 99_999_999] });

  equal([files.length, totals.files, estimate.exceeded], [1, 1, []]);
  equal(found.map(({ available, reason }) => [available, reason]), [[true, null], [false, "missing"]]);
});

test("other routes are asked with call", async (at) => {
  const { client, accepted } = await made(at);

  const share = await client.call({ method: "POST", path: `v1/export/${accepted.jobId}/shares`, body: { expiresIn: 60 } }).catch((error) => error);
  const health = await client.call({ path: "health" });

  ok(share.ticket || share.slug === "not-found", JSON.stringify(share));
  equal(health.status, "healthy");
});

test("a mistake in a request is named", async (at) => {
  const client = new at.lib.Longhaul({ url: `${at.url}/` });

  const error = await failure(client.create({ fileIds: [at.ids[0], "x"] }));

  equal([error.slug, error.status, error.errors[0].pointer], ["invalid-request", 400, "/fileIds/1"]);
  ok(error.requestId, "an id for the operator");
});

test("what is no id of a job is none, whatever it has in it", async (at) => {
  const client = new at.lib.Longhaul({ url: at.url });

  for (const id of ["nope", "a b", "ü"]) equal((await failure(client.status(id))).slug, "not-found", id);
});
