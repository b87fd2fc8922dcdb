// Against a stack that wants to know who asks: tokens, selections and their tickets.

import assert from "node:assert/strict";
import { it } from "node:test";

import { isProblem, Longhaul } from "../dist/index.js";

const { url, key, token, expired, selection } = JSON.parse(process.env.GIVEN);

it("whoever has no token is told so", async () => {
  await assert.rejects(new Longhaul({ url }).create({ keys: [key] }), (error) => isProblem(error, "unauthorized") && error.status === 401);
});

it("a token that has expired is renewed, and the export goes on", async () => {
  let secret = expired;
  const refused = [];
  const client = new Longhaul({
    url,
    token: () => secret,
    renew: (used, tries) => {
      refused.push([used === expired, tries]);
      secret = token;
      return true;
    },
  });

  const job = await client.wait(await client.create({ keys: [key] }));

  assert.equal(job.status, "completed");
  assert.deepEqual(refused, [[true, 0]]);
});

it("a token that expires while a job is watched is renewed too", async () => {
  let secret = token;
  let renewed = 0;
  const client = new Longhaul({ url, token: () => secret, renew: () => Boolean((secret = token) && (renewed += 1)) });
  const accepted = await client.create({ keys: [key], fresh: true });
  secret = expired;

  assert.equal((await client.wait(accepted)).status, "completed");
  assert.equal(renewed, 1);
});

it("a selection is enough to export, to watch and to download, and for nothing else", async () => {
  const client = new Longhaul({ url });

  const accepted = await client.create({ selection });
  const job = await client.wait(accepted.jobId);

  assert.equal(job.status, "completed");
  assert.equal(client.tickets.get(job.jobId), accepted.ticket);
  assert.equal((await fetch((await client.link(job)).downloadUrl)).status, 200);
  await assert.rejects(client.listPage(), (error) => isProblem(error, "unauthorized"));
  await assert.rejects(new Longhaul({ url }).status(job.jobId), (error) => isProblem(error, "unauthorized"));
  assert.equal((await new Longhaul({ url }).status({ jobId: job.jobId, ticket: accepted.ticket })).jobId, job.jobId);
});

it("a selection that was used is a problem of its own", async () => {
  const client = new Longhaul({ url });
  const key = `${Date.now()}`;
  const first = await client.create({ selection }, { idempotencyKey: key }).catch((error) => error);

  await assert.rejects(client.create({ selection }), (error) => isProblem(error, "selection-used"));
  assert.ok(first.jobId || isProblem(first, "selection-used"));
});
