// Watching: by the stream, and by the status where that fails.

import { collected, equal, failure, ID, job, nothingNew, ok, problem, scripted, stream, test, until } from "./kit.js";

const asJson = (percent, more, headers = {}) => ({ body: job(percent, more), headers });

test("the status comes first, then the stream, to the end", async (at) => {
  const { url, asked } = await scripted(at, asJson(1), stream(job(1)), nothingNew, stream(job(50)), stream(job(100)));

  equal(await collected(new at.lib.Longhaul({ url }).watch(ID)), [1, 50, 100]);

  const sent = await asked();
  equal(sent.map(({ path }) => path.split("/").slice(3).join()), ["", "progress", "progress", "progress", "progress"]);
  equal(sent.map(({ headers }) => headers["last-event-id"] ?? null), [null, null, "1-0", "1-0", "50-0"]);
  equal(sent[1].headers.accept, "text/event-stream");
});

test("a job that has ended takes one request", async (at) => {
  const { url, asked } = await scripted(at, asJson(100));

  equal(await collected(new at.lib.Longhaul({ url }).watch(ID)), [100]);
  equal((await asked()).length, 1);
});

test("wait returns the end, and tells each state", async (at) => {
  const { url } = await scripted(at, asJson(1), stream(job(50), job(100)));
  const told = [];

  const end = await new at.lib.Longhaul({ url }).wait(ID, { onState: ({ progress }) => told.push(progress.percent) });

  equal([end.status, told], ["completed", [1, 50, 100]]);
});

test("the stream's pause is kept", async (at) => {
  const slow = stream(job(50));
  const { url, asked } = await scripted(at, asJson(1), { ...slow, body: slow.body.replace("retry: 200", "retry: 1500") }, stream(job(100)));

  await collected(new at.lib.Longhaul({ url }).watch(ID));

  const [, first, second] = await asked();
  ok(second.at - first.at > 1.45, `only ${second.at - first.at} s`);
});

test("a stream that is cut loses nothing", async (at) => {
  const { url, asked } = await scripted(at, asJson(1), { ...stream(job(40)), cut: 60 }, asJson(41), stream(job(60)), stream(job(100)));

  equal(await collected(new at.lib.Longhaul({ url }).watch(ID)), [1, 41, 60, 100]);
  equal((await asked())[3].headers["last-event-id"] ?? null, null, "what was cut is not seen");
});

test("an event that is whole counts, though its stream is cut", async (at) => {
  const two = stream(job(40), job(45));
  const { url } = await scripted(at, asJson(1), { ...two, cut: two.body.length - 9 }, asJson(46), stream(job(100)));

  const found = await collected(new at.lib.Longhaul({ url }).watch(ID));

  // A browser may drop what came just before the end.
  equal(found.filter((percent) => percent !== 40 || typeof document === "undefined"), typeof document === "undefined" ? [1, 40, 46, 100] : [1, 46, 100]);
});

for (const [name, broken] of [
  ["a refusal", problem("method-not-allowed", 405)],
  ["a page of a proxy", { headers: { "Content-Type": "text/html" }, body: "<p>" }],
  ["nonsense", { headers: { "Content-Type": "text/event-stream" }, body: "data: {nonsense\n\n" }],
]) {
  test(`where streams are ${name}, the status is asked`, async (at) => {
    const etag = { ETag: '"e"' };
    const { url, asked } = await scripted(
      at, asJson(1), broken, asJson(2), broken, asJson(3), broken, asJson(4, {}, { ...etag, "Retry-After": "1" }),
      { status: 304, headers: { ...etag, "Preference-Applied": "wait=2" } }, asJson(100),
    );

    equal(await collected(new at.lib.Longhaul({ url }).watch(ID)), [1, 2, 3, 4, 100]);

    const last = (await asked()).slice(-2);
    equal(last.map(({ path }) => path), Array(2).fill(`v1/export/${ID}`));
    equal(last.map(({ headers }) => [headers.prefer, headers["if-none-match"]]), Array(2).fill(["wait=20", '"e"']));
    ok(last[1].at - last[0].at < 0.9, "a request that was held is followed by the next one");
  });
}

test("a stream that says no more comes is followed by the status", async (at) => {
  const { url, asked } = await scripted(at, asJson(1), stream(job(1)), { status: 204 }, asJson(100));

  equal(await collected(new at.lib.Longhaul({ url }).watch(ID)), [1, 100]);
  equal((await asked()).length, 4);
});

test("lists that an event leaves out come with the status", async (at) => {
  const short = job(100);
  short.result = { ...short.result, missing: null, skipped: null };
  const long = job(100);
  long.result = { ...long.result, missing: [7], skipped: [{ file: 7 }] };
  const { url } = await scripted(at, asJson(1), stream(short), { body: long });

  equal((await new at.lib.Longhaul({ url }).wait(ID)).result.missing, [7]);
});

test("lists that are too long for the status too are no reason to go on", async (at) => {
  const short = job(100);
  short.result = { ...short.result, missing: null, skipped: null };
  const { url, asked } = await scripted(at, asJson(1), stream(short), { body: short });

  equal((await new at.lib.Longhaul({ url }).wait(ID)).status, "completed");
  equal((await asked()).length, 3);
});

test("a stack that is away for a while is waited for, and that is told", async (at) => {
  const away = { drop: true };
  const page = { status: 502, body: "<h1>", headers: { "Content-Type": "text/html" } };
  const { url } = await scripted(at, asJson(1), away, away, page, asJson(80), stream(job(100)));
  const told = [];
  const client = new at.lib.Longhaul({ url, patience: 0 });

  equal(await collected(client.watch(ID, { onTrouble: (is, error) => told.push([is, error?.slug ?? null]) })), [1, 80, 100]);

  equal(told, [[false, null], [true, "no-connection"], [false, null]]);
});

test("one broken stream is no trouble", async (at) => {
  const { url } = await scripted(at, asJson(1), { drop: true }, asJson(2), stream(job(100)));
  const told = [];

  await collected(new at.lib.Longhaul({ url }).watch(ID, { onTrouble: (is) => told.push(is) }));

  equal(told, [false]);
});

test("a limit on requests is kept, and is no trouble", async (at) => {
  const limit = problem("rate-limited", 429, { "Retry-After": "2" });
  const { url, asked } = await scripted(at, asJson(1), limit, limit, asJson(100));
  const told = [];

  await collected(new at.lib.Longhaul({ url }).watch(ID, { onTrouble: (is) => told.push(is) }));

  const [, one, two, three] = await asked();
  ok(two.at - one.at > 1.95 && three.at - two.at > 1.95, "two pauses");
  equal(told, [false]);
});

test("a job that is not there, or no more, ends it", async (at) => {
  const gone = problem("not-found", 404);
  const client = async (...answers) => new at.lib.Longhaul({ url: (await scripted(at, ...answers)).url });

  equal((await failure(collected((await client(gone)).watch(ID)))).slug, "not-found");
  equal((await failure(collected((await client(asJson(1), gone)).watch(ID)))).slug, "not-found");
});

test("a wrong address ends it at once", async (at) => {
  const { url, asked } = await scripted(at, { headers: { "Content-Type": "text/html" }, body: "<p>" });

  equal((await failure(collected(new at.lib.Longhaul({ url }).watch(ID)))).slug, "unexpected-answer");
  equal((await asked()).length, 1);
});

test("nobody who has never answered is waited for longer than patience lasts", async (at) => {
  const { url } = await scripted(at, { drop: true });
  const began = performance.now();

  const error = await failure(collected(new at.lib.Longhaul({ url, patience: 1_000 }).watch(ID)));

  equal(error.slug, "no-connection");
  ok(performance.now() - began < 4_000, "soon");
});

test("patience of its own counts throughout", async (at) => {
  const { url } = await scripted(at, asJson(1), { drop: true });

  equal((await failure(collected(new at.lib.Longhaul({ url }).watch(ID, { patience: 1_000 })))).slug, "no-connection");
});

test("a token is renewed on the way", async (at) => {
  const refused = problem("unauthorized", 401);
  const { url, asked } = await scripted(at, asJson(1), refused, stream(job(50)), refused, stream(job(100)));
  let n = 0;
  const client = new at.lib.Longhaul({ url, token: () => `t${n}`, renew: () => Boolean((n += 1)) });

  equal(await collected(client.watch(ID)), [1, 50, 100]);
  equal((await asked()).map(({ headers }) => headers.authorization), ["t0", "t0", "t1", "t1", "t2"].map((one) => `Bearer ${one}`));
});

for (const [stage, ...answers] of [
  ["in the first request", { stall: 0 }],
  ["before the stream answers", asJson(1), { stall: 0 }],
  ["in the stream", asJson(1), { ...stream(job(50)), stall: 30 }],
  ["between two streams", asJson(1), { ...nothingNew, body: "retry: 60000\n: nothing new\n" }],
  ["in a pause after a failure", asJson(1), problem("unavailable", 503, { "Retry-After": "60" })],
]) {
  test(`watching stops at once ${stage}`, async (at) => {
    const { url, asked } = await scripted(at, ...answers);
    const stop = new AbortController();
    const reason = { reason: stage };

    const watching = failure(collected(new at.lib.Longhaul({ url }).watch(ID, { signal: stop.signal })));
    await until(async () => (await asked()).length === answers.length, "it is there");
    await new Promise((go) => setTimeout(go, 100));
    const began = performance.now();
    stop.abort(reason);

    ok((await watching) === reason, "the signal's reason");
    ok(performance.now() - began < 2_000, `only after ${performance.now() - began} ms`);
    const sent = (await asked()).length;
    await new Promise((go) => setTimeout(go, 300));
    equal((await asked()).length, sent, "nothing more is sent");
  });
}

test("whoever leaves the loop is asked for nothing more", async (at) => {
  const { url, asked } = await scripted(at, asJson(1), stream(job(50)), stream(job(60)));

  for await (const { progress } of new at.lib.Longhaul({ url }).watch(ID)) if (progress.percent === 50) break;

  await new Promise((go) => setTimeout(go, 400));
  equal((await asked()).length, 2);
});

test("an event that never ends is none", async (at) => {
  const huge = { headers: { "Content-Type": "text/event-stream" }, body: `data: ${"x".repeat(5 * 2 ** 20)}` };
  const { url } = await scripted(at, asJson(1), huge, asJson(100));

  equal(await collected(new at.lib.Longhaul({ url }).watch(ID)), [1, 100]);
});

test("a pause of no time is no storm", async (at) => {
  const { url, asked } = await scripted(at, asJson(1), ...Array(4).fill({ ...nothingNew, body: "retry: 0\n: nothing new\n" }), stream(job(100)));

  await collected(new at.lib.Longhaul({ url }).watch(ID));

  const sent = await asked();
  ok(sent.at(-1).at - sent[1].at > 0.75, "four pauses of 200 ms");
});
