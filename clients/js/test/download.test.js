// Downloads in Node.js: into a file, over cuts, late links and restarts.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { before, beforeEach, it } from "node:test";

import { isProblem, Longhaul } from "../dist/index.js";
import { scripted } from "./kit.js";

const given = JSON.parse(process.env.GIVEN);
const { url, ids, user } = given;

let job, link, whole, folder, to;

before(async () => {
  const client = new Longhaul({ url });
  job = await client.wait(await client.create({ fileIds: ids, userId: user, filename: "März: 1.zip" }));
  link = (await client.link(job)).downloadUrl;
  whole = Buffer.from(await (await fetch(link)).arrayBuffer());
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "longhaul-"));
  to = join(folder, "a.zip");
});

/** Returns a client whose storage answers as it is written down. `asked` are the ranges. */
async function through(...answers) {
  const script = await scripted(given, ...answers.map((answer) => ({ forward: link, ...answer })));
  const client = new Longhaul({
    url,
    patience: 4_000,
    fetch: (address, more) => fetch(new URL(address).search.includes("X-Amz-") ? `${script.url}/archive` : address, more),
  });
  return { client, asked: async () => (await script.asked()).map(({ headers }) => headers.range) };
}

const saved = async () => ({ files: await readdir(folder), bytes: await readFile(to) });

it("an archive is a file when it is whole", async () => {
  const told = [];

  const found = await new Longhaul({ url }).download(job, { to, onProgress: (done, total) => told.push([done, total]) });

  const { files, bytes } = await saved();
  assert.deepEqual(found, { path: to, size: whole.length });
  assert.deepEqual(files, ["a.zip"]);
  assert.ok(bytes.equals(whole));
  assert.deepEqual(told.at(-1), [whole.length, whole.length]);
  assert.ok(told.every(([done], n) => !n || done > told[n - 1][0]));
});

it("in a folder it has its own name, made safe", async () => {
  const { path } = await new Longhaul({ url }).download(job, { to: folder });

  assert.equal(path, join(folder, "März_ 1.zip"));
});

for (const [name, wanted] of [
  [`${"a".repeat(196)}.zip`, /^a{196}\.zip$/],
  [`${"\u65e5".repeat(80)}.zip`, /^\u65e5{65}\.zip$/],
  ["a\u202egpj.zip", /^a_gpj\.zip$/],
]) {
  it(`a file system takes a name of ${Buffer.byteLength(name)} bytes`, async () => {
    const client = new Longhaul({ url });

    const { path } = await client.download(await client.rename(job, name), { to: folder });

    assert.match(basename(path), wanted);
    await client.rename(job, "M\u00e4rz: 1.zip");
  });
}

it("a download goes on after each cut, with the bytes that are missing", async () => {
  const { client, asked } = await through({}, { cut: 1000 }, { cut: 500 }, { cut: 0 }, {});

  await client.download(job, { to });

  assert.ok((await saved()).bytes.equals(whole));
  assert.deepEqual(await asked(), ["bytes=0-0", "bytes=0-", "bytes=1000-", "bytes=1500-", "bytes=1500-"]);
});

it("a killed process is followed by one that goes on", async () => {
  const script = await scripted(given, { forward: link }, { forward: link, stall: 1200 }, { forward: link });
  const program = `
    import { Longhaul } from ${JSON.stringify(new URL("../dist/index.js", import.meta.url).href)};
    const far = ${JSON.stringify(`${script.url}/archive`)};
    const client = new Longhaul({ url: ${JSON.stringify(url)}, fetch: (to, more) => fetch(new URL(to).search.includes("X-Amz-") ? far : to, more) });
    await client.download(${JSON.stringify(job.jobId)}, { to: ${JSON.stringify(to)}, onProgress: (done) => console.log(done) });`;
  const run = () => spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: ["ignore", "pipe", "inherit"] });

  const first = run();
  await once(first.stdout, "data");
  first.kill("SIGKILL");
  await once(first, "exit");
  const parts = await readdir(folder);
  const [code] = await once(run(), "exit");

  assert.match(parts.join(), /^a\.zip\.[0-9a-f]{12}\.part$/);
  assert.equal(code, 0);
  const { files, bytes } = await saved();
  assert.deepEqual(files, ["a.zip"]);
  assert.ok(bytes.equals(whole));
  assert.match((await script.asked()).at(-1).headers.range, /^bytes=[1-9]/);
});

it("a link that is late is asked for anew", async () => {
  const { client, asked } = await through({}, { cut: 700 }, { forward: undefined, status: 403, body: "<Code>AccessDenied</Code>" }, {});

  await client.download(job, { to });

  assert.ok((await saved()).bytes.equals(whole));
  assert.deepEqual((await asked()).slice(-2), ["bytes=700-", "bytes=700-"]);
});

it("a fresh link that is refused is an error", async () => {
  const { client } = await through({ forward: undefined, status: 403, body: "no" });

  await assert.rejects(client.download(job, { to }), (error) => isProblem(error, "unexpected-answer") && error.status === 403);
});

it("a storage that is overloaded is asked again", async () => {
  const busy = { forward: undefined, status: 503, body: "SlowDown" };
  const { client } = await through(busy, {}, busy, {});

  await client.download(job, { to });

  assert.ok((await saved()).bytes.equals(whole));
});

it("an archive that is another one by now begins anew", async () => {
  const other = { headers: { ETag: '"other"' }, forward: undefined, body: "x".repeat(whole.length), status: 200 };
  const { client, asked } = await through({}, { cut: 900 }, other, {});

  await client.download(job, { to });

  assert.ok((await saved()).bytes.equals(whole));
  assert.deepEqual((await asked()).slice(0, 5), ["bytes=0-0", "bytes=0-", "bytes=900-", "bytes=0-0", "bytes=900-"]);
});

it("an archive of another size than the job's is refused", async () => {
  const { client } = await through({ forward: undefined, status: 206, headers: { "Content-Range": "bytes 0-0/7", ETag: '"e"' }, body: "x" });

  await assert.rejects(client.download(job, { to }), (error) => isProblem(error, "broken-archive"));
  assert.deepEqual(await readdir(folder), []);
});

it("a byte that is wrong is found, and no file is left", async () => {
  const { client } = await through({}, { flip: 200 });

  await assert.rejects(client.download(job, { to }), (error) => isProblem(error, "broken-archive") && /is not what it should be/.test(error.message));
  assert.deepEqual(await readdir(folder), []);
});

it("what an earlier run has left is not believed", async () => {
  const { client: first } = await through({}, { flip: 200, cut: 600 }, { drop: true });
  await assert.rejects(first.download(job, { to }), (error) => isProblem(error, "no-connection"));
  const { client: second, asked } = await through({});

  await second.download(job, { to });

  assert.ok((await saved()).bytes.equals(whole));
  assert.deepEqual(await asked(), ["bytes=0-0", "bytes=600-", "bytes=0-0", "bytes=0-"]);
});

it("the parts of other archives are cleared away, and other files are not", async () => {
  await writeFile(`${to}.0123456789ab.part`, "old");
  await writeFile(`${to}.notes.part`, "mine");

  await new Longhaul({ url }).download(job, { to });

  assert.deepEqual((await readdir(folder)).sort(), ["a.zip", "a.zip.notes.part"]);
});

it("a file that is there stays, unless it may be replaced", async () => {
  await writeFile(to, "mine");

  await assert.rejects(new Longhaul({ url }).download(job, { to }), { code: "EEXIST" });
  assert.equal(await readFile(to, "utf8"), "mine");
  await new Longhaul({ url }).download(job, { to, replace: true });
  assert.ok((await saved()).bytes.equals(whole));
});

it("what cannot be written is said", async () => {
  await assert.rejects(new Longhaul({ url }).download(job, { to: join(folder, "none", "a.zip") }), { code: "ENOENT" });
});

it("a job without an archive has nothing to download", async () => {
  const client = new Longhaul({ url });
  const failed = await client.wait(await client.create({ fileIds: [99_999_999], userId: user }));

  await assert.rejects(client.download(failed, { to }), (error) => isProblem(error, "not-ready"));
  assert.deepEqual(await readdir(folder), []);
});

for (const [stage, answers] of [["before the answer", [{ stall: 0 }]], ["in the bytes", [{}, { stall: 800 }]]]) {
  it(`a download stops at once ${stage}, and keeps what it has`, async () => {
    const { client, asked } = await through(...answers);
    const stop = new AbortController();
    const reason = new Error("enough");

    const running = client.download(job, { to, signal: stop.signal, onProgress: () => stop.abort(reason) });
    if (answers.length === 1) {
      while (!(await asked()).length) await new Promise((go) => setTimeout(go, 10));
      stop.abort(reason);
    }

    await assert.rejects(running, (error) => error === reason);
    const parts = await Promise.all((await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size));
    assert.deepEqual(parts, answers.length === 1 ? [] : [800]);
  });
}

it("a server that goes away for good is an error once patience is over", async () => {
  const { client } = await through({}, { cut: 100 }, { drop: true });

  await assert.rejects(client.download(job, { to }), (error) => isProblem(error, "no-connection"));
});
