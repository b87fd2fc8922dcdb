// Requests: what is sent again, what is not, and what a refusal becomes.

import { equal, failure, ID, job, ok, problem, scripted, test, until } from "./kit.js";

const accepted = { status: 202, body: { jobId: ID, status: "queued" } };
const request = { keys: ["a"] };

test("a lost answer is asked again with the same key", async (at) => {
  const { url, asked } = await scripted(at, { drop: true }, { ...accepted, cut: 10 }, problem("unavailable", 503), accepted);

  const { jobId } = await new at.lib.Longhaul({ url }).create(request);

  const sent = await asked();
  equal(jobId, ID);
  equal(sent.length, 4);
  equal(new Set(sent.map(({ headers }) => headers["idempotency-key"])).size, 1);
  ok(sent[0].headers["idempotency-key"].length > 20, "a key of its own");
});

test("a key that is given is sent", async (at) => {
  const { url, asked } = await scripted(at, accepted);

  await new at.lib.Longhaul({ url }).create(request, { idempotencyKey: "mine" });

  equal((await asked())[0].headers["idempotency-key"], "mine");
});

test("the pause that a server asks for is kept", async (at) => {
  const { url, asked } = await scripted(at, problem("rate-limited", 429, { "Retry-After": "2" }), { body: job(1) });

  await new at.lib.Longhaul({ url }).status(ID);

  const [first, second] = await asked();
  ok(second.at - first.at > 1.95, `only ${second.at - first.at} s`);
});

test("a pause may be a date", async (at) => {
  const date = new Date(Date.now() + 60_000).toUTCString();
  const { url } = await scripted(at, problem("rate-limited", 429, { "Retry-After": date }));

  const error = await failure(new at.lib.Longhaul({ url }).status(ID));

  ok(error.retryAfter > 50 && error.retryAfter < 61, `${error.retryAfter} s`);
});

for (const seconds of ["31536000", "99999999999999999999"]) {
  test(`nobody waits ${seconds} seconds`, async (at) => {
    const { url, asked } = await scripted(at, problem("rate-limited", 429, { "Retry-After": seconds }));

    const error = await failure(new at.lib.Longhaul({ url }).status(ID));

    equal([error.slug, error.status, error.retryAfter], ["rate-limited", 429, +seconds]);
    equal((await asked()).length, 1);
  });
}

test("with no patience, a request is sent once", async (at) => {
  const { url, asked } = await scripted(at, problem("unavailable", 503));

  const error = await failure(new at.lib.Longhaul({ url, patience: 0 }).status(ID));

  equal([error.slug, (await asked()).length], ["unavailable", 1]);
});

test("patience ends", async (at) => {
  const { url, asked } = await scripted(at, { drop: true });

  const error = await failure(new at.lib.Longhaul({ url, patience: 1_200 }).status(ID));

  equal([error.slug, error.status], ["no-connection", 0]);
  // On a busy machine, the first try alone may take as long.
  ok((await asked()).length <= 3, "no try after the end");
});

test("a problem has all that the server says", async (at) => {
  const errors = [{ pointer: "/keys/0", detail: "is wrong" }];
  const { url, asked } = await scripted(at, problem("invalid-request", 400, {}, { errors }));

  const error = await failure(new at.lib.Longhaul({ url }).create(request));

  ok(error instanceof at.lib.LonghaulError && error instanceof Error, "its class");
  const { name, type, slug, title, status, detail, requestId, message } = error;
  equal([name, type, slug], ["LonghaulError", "urn:problem-type:longhaul:invalid-request", "invalid-request"]);
  equal([title, status, detail, requestId, error.errors], ["Its title", 400, "its detail", "r-1", errors]);
  equal(message, "Its title: its detail");
  ok(at.lib.isProblem(error, "expired", "invalid-request") && !at.lib.isProblem(error, "expired"), "isProblem");
  equal((await asked()).length, 1);
});

test("a type of a newer server keeps its name", async (at) => {
  const { url } = await scripted(at, problem("too-early-in-the-morning", 409));

  const error = await failure(new at.lib.Longhaul({ url }).status(ID));

  equal([error.slug, error.status], ["too-early-in-the-morning", 409]);
});

for (const [status, slug] of [[401, "unauthorized"], [403, "forbidden"], [404, "not-found"], [413, "body-too-large"], [409, "unavailable"]]) {
  test(`the gateway's ${status} is ${slug}`, async (at) => {
    const { url } = await scripted(at, { status, body: { type: "about:blank", title: "Gateway", status } });

    equal((await failure(new at.lib.Longhaul({ url }).status(ID))).slug, slug);
  });
}

test("a page of a proxy is asked again, and is no problem document", async (at) => {
  const page = { status: 502, headers: { "Content-Type": "text/html" }, body: "<h1>Bad gateway</h1>" };
  const { url } = await scripted(at, page, { body: job(7) });

  equal((await new at.lib.Longhaul({ url }).status(ID)).progress.percent, 7);
  const error = await failure(new at.lib.Longhaul({ url: (await scripted(at, page)).url, patience: 0 }).status(ID));
  equal([error.slug, error.status], ["unexpected-answer", 502]);
});

test("a redirect is not followed", async (at) => {
  const { url, asked } = await scripted(at, { status: 302, headers: { Location: "?again" } });

  const error = await failure(new at.lib.Longhaul({ url, token: "secret" }).status(ID));

  equal([error.slug, (await asked()).length], ["unexpected-answer", 1]);
});

for (const body of ["[]", "null", "7", '"a text"', "<html></html>", "", "{}}"]) {
  test(`${body || "nothing"} is no answer`, async (at) => {
    const { url, asked } = await scripted(at, { body, headers: { "Content-Type": "text/html" } });

    const error = await failure(new at.lib.Longhaul({ url }).status(ID));

    equal([error.slug, (await asked()).length], ["unexpected-answer", 1]);
  });
}

for (const [title, status] of [[7, 400], [undefined, 400], [null, 404]]) {
  test(`a problem with the title ${title} is none`, async (at) => {
    const { url } = await scripted(at, { status, body: { title } });

    const error = await failure(new at.lib.Longhaul({ url }).status(ID));

    equal([error.slug, error.status], ["unexpected-answer", status]);
  });
}

test("half of an answer is a lost answer", async (at) => {
  const whole = JSON.stringify(job(7));
  const half = { body: whole.slice(0, 40), headers: { "Content-Type": "application/json" } };
  const { url, asked } = await scripted(at, half, { body: job(7) });

  equal((await new at.lib.Longhaul({ url }).status(ID)).progress.percent, 7);
  equal((await asked()).length, 2);
});

test("an answer that takes too long is lost", async (at) => {
  const { url } = await scripted(at, { stall: 0 });
  const began = performance.now();

  const error = await failure(new at.lib.Longhaul({ url, timeout: 300, patience: 0 }).status(ID));

  equal(error.slug, "no-connection");
  ok(performance.now() - began < 3_000, "in time");
});

test("where nobody listens there is no connection", async (at) => {
  const error = await failure(new at.lib.Longhaul({ url: "http://127.0.0.1:9", patience: 0 }).status(ID));

  equal([error.slug, error.status], ["no-connection", 0]);
});

// -- who asks ----------------------------------------------------------------------------------------

const refused = problem("unauthorized", 401);

test("a token is sent, and a fresh one for each request", async (at) => {
  const { url, asked } = await scripted(at, { body: job(1) });
  let n = 0;
  const client = new at.lib.Longhaul({ url, token: async () => `t${(n += 1)}` });

  await client.status(ID);
  await client.status(ID);
  await new at.lib.Longhaul({ url, token: "t" }).status(ID);
  await new at.lib.Longhaul({ url }).status(ID);

  equal((await asked()).map(({ headers }) => headers.authorization ?? null), ["Bearer t1", "Bearer t2", "Bearer t", null]);
});

test("a token that was refused is renewed", async (at) => {
  const { url, asked } = await scripted(at, refused, { body: job(1) });
  let token = "old";
  const told = [];
  const renew = async (secret, tries) => {
    told.push([secret, tries]);
    token = "new";
    return true;
  };

  await new at.lib.Longhaul({ url, token: () => token, renew }).status(ID);

  equal(told, [["old", 0]]);
  equal((await asked()).map(({ headers }) => headers.authorization), ["Bearer old", "Bearer new"]);
});

test("renewing ends when it says so", async (at) => {
  const { url, asked } = await scripted(at, refused);

  const error = await failure(new at.lib.Longhaul({ url, token: "t", renew: (_, tries) => tries < 2 }).status(ID));

  equal([error.slug, (await asked()).length], ["unauthorized", 3]);
});

test("without renew, another token is tried once", async (at) => {
  const { url, asked } = await scripted(at, refused);
  let n = 0;

  const error = await failure(new at.lib.Longhaul({ url, token: () => `t${(n += 1)}` }).status(ID));

  equal([error.slug, (await asked()).length], ["unauthorized", 2]);
});

test("without renew, the same token is not sent again", async (at) => {
  const { url, asked } = await scripted(at, refused);

  await failure(new at.lib.Longhaul({ url, token: () => "t" }).status(ID));

  equal((await asked()).length, 1);
});

test("a token that cannot be had is said, with the reason", async (at) => {
  const { url, asked } = await scripted(at, { body: job(1) });
  const reason = new Error("no session");

  const error = await failure(new at.lib.Longhaul({ url, token: () => Promise.reject(reason) }).status(ID));

  equal([error.slug, error.cause === reason, (await asked()).length], ["no-token", true, 0]);
});

test("a selection goes without a token, and its ticket is for its job alone", async (at) => {
  const { url, asked } = await scripted(at, { status: 202, body: { jobId: ID, ticket: "the-ticket" } }, { body: job(1) });
  const client = new at.lib.Longhaul({ url, token: "mine" });

  const made = await client.create({ selection: "eyJ" });
  await client.status(made);
  await client.status(ID);
  await client.status("another");

  equal((await asked()).map(({ headers }) => headers.authorization ?? null), [null, "Bearer the-ticket", "Bearer the-ticket", "Bearer mine"]);
  equal([...client.tickets], [[ID, "the-ticket"]]);
});

test("a ticket that is refused is not renewed", async (at) => {
  const { url, asked } = await scripted(at, refused);
  let renewed = 0;
  const client = new at.lib.Longhaul({ url, renew: () => (renewed += 1) < 9 });

  const error = await failure(client.status({ jobId: ID, ticket: "late" }));

  equal([error.slug, renewed, (await asked()).length], ["unauthorized", 0, 1]);
});

// -- stopping ------------------------------------------------------------------------------------------

const never = () => new Promise(() => {});

for (const [stage, answers, options] of [
  ["on its way", [{ stall: 0 }], {}],
  ["in the answer", [{ body: job(1), stall: 9 }], {}],
  ["in a pause", [problem("unavailable", 503, { "Retry-After": "20" })], {}],
  ["while a token is fetched", [{ body: job(1) }], { token: never }],
  ["while a token is renewed", [refused], { renew: never }],
  ["in a fetch that knows no signals", [{ body: job(1) }], { fetch: never }],
]) {
  test(`a request stops at once ${stage}`, async (at) => {
    const { url, asked } = await scripted(at, ...answers);
    const stop = new AbortController();
    const reason = new Error("enough");
    const client = new at.lib.Longhaul({ url, ...options });

    const asking = failure(client.create(request, { signal: stop.signal }));
    if (!options.token && !options.fetch) await until(async () => (await asked()).length, "it is asked");
    await new Promise((go) => setTimeout(go, 100));
    const began = performance.now();
    stop.abort(reason);

    ok((await asking) === reason, "the signal's reason");
    ok(performance.now() - began < 2_000, `only after ${performance.now() - began} ms`);
  });
}

test("nothing is sent with a signal that is aborted", async (at) => {
  const { url, asked } = await scripted(at, { body: job(1) });
  const signal = AbortSignal.abort(new Error("before"));
  const client = new at.lib.Longhaul({ url });

  const calls = [
    client.create(request, { signal }), client.status(ID, { signal }), client.wait(ID, { signal }), client.list({ signal }).next(),
    client.cancel(ID, { signal }), client.retry(ID, {}, { signal }), client.delete(ID, { signal }), client.rename(ID, "a", { signal }),
    client.link(ID, { signal }), client.request(ID, { signal }), client.files({ signal }), client.totals({ signal }),
    client.estimate({ files: 1, bytes: 1, signal }), client.check({ keys: ["a"] }, { signal }), client.download(ID, { signal }),
  ];

  equal((await Promise.all(calls.map(failure))).map(({ message }) => message), calls.map(() => "before"));
  equal((await asked()).length, 0);
});

test("a cancel whose answer was lost has cancelled", async (at) => {
  const cancelled = job(1, { status: "cancelled" });
  const { url } = await scripted(at, { drop: true }, problem("already-ended", 409), { body: cancelled });

  equal((await new at.lib.Longhaul({ url }).cancel(ID)).status, "cancelled");
});
