// Downloads in Node.js of several archives, and of each format: they are checked, and nothing broken is left.
//
// The archives are files of GIVEN.folder, which other tools have made.

import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, beforeEach, it } from "node:test";

import { isProblem, Longhaul } from "../dist/index.js";
import { ID, job } from "./kit.js";

const given = JSON.parse(process.env.GIVEN);
const URL_OF_API = "https://api.test";

let made, folder;

before(async () => {
  made = Object.fromEntries(await Promise.all((await readdir(given.folder)).map(async (name) => [name, await readFile(join(given.folder, name))])));
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "longhaul-"));
});

/** A client of a job with these archives, [name, bytes]. `asked` are the links that it asks for. */
function having(format, ...archives) {
  const asked = [];
  const listed = archives.map(([filename, { length: size }], i) => ({ archive: i + 1, filename, size, downloadUrl: `${i}`, linkUrl: `${i}` }));
  const json = (body) => new Response(JSON.stringify(body), { headers: { "Content-Type": "application/json" } });
  const result = { ...job(100).result, fileSize: archives.reduce((sum, [, { length }]) => sum + length, 0) };
  const fetch = async (address, { headers }) => {
    const { host, pathname, searchParams } = new URL(address);
    if (host === "store.test") {
      const [, bytes] = archives[+pathname.slice(1) - 1];
      const [, start, end] = /bytes=(\d+)-(\d*)/.exec(headers.Range);
      const range = { ETag: `"${pathname}"`, "Content-Range": `bytes ${start}-${bytes.length - 1}/${bytes.length}` };
      return new Response(bytes.subarray(+start, end ? +end + 1 : undefined), { status: 206, headers: range });
    }
    if (!pathname.endsWith("/download")) return json(job(100, { format, filename: archives[0][0], archives: archives.length, result }));
    const archive = searchParams.get("archive");
    asked.push(archive);
    if (archives.length > 1 && !archive) return json({ jobId: ID, status: "ready", archives: listed });
    return json({ jobId: ID, status: "ready", downloadUrl: `https://store.test/${archive ?? 1}`, expiresIn: 900 });
  };
  return { client: new Longhaul({ url: URL_OF_API, fetch, patience: 0 }), asked };
}

const flipped = (bytes, at) => Buffer.concat([bytes.subarray(0, at), Buffer.from([bytes[at] ^ 1]), bytes.subarray(at + 1)]);

it("all archives of a job are downloaded, and a second call leaves them", async () => {
  const archives = [["a-1-of-2.zip", made["deflated.zip"]], ["a-2-of-2.zip", made["stored.zip"]]];
  const { client, asked } = having("zip", ...archives);
  const to = join(folder, "new");
  const total = archives[0][1].length + archives[1][1].length;
  const told = [];

  const first = await client.downloadAll(ID, { to, onProgress: (...one) => told.push(one) });
  const after = [...asked];
  const second = await client.downloadAll(ID, { to });

  assert.deepEqual(first, archives.map(([name, { length }]) => ({ path: join(to, name), size: length })));
  assert.deepEqual(second, first);
  assert.deepEqual((await readdir(to)).sort(), ["a-1-of-2.zip", "a-2-of-2.zip"]);
  assert.ok((await readFile(first[1].path)).equals(made["stored.zip"]));
  assert.deepEqual(after, [null, "1", "2"]);
  assert.deepEqual(asked, [null, "1", "2", null]); // only the list was asked for again
  assert.deepEqual(told.at(-1), [total, total]);
  assert.ok(told.every(([done], n) => !n || done > told[n - 1][0]));
});

it("another file of the same name is not taken for the archive", async () => {
  const names = ["a-1-of-2.zip", "a-2-of-2.zip"];
  await having("zip", [names[0], made["stored.zip"]], [names[1], made["stored.zip"]]).client.downloadAll(ID, { to: folder });

  const other = having("zip", [names[0], made["deflated.zip"]], [names[1], made["stored.zip"]]);

  await assert.rejects(other.client.downloadAll(ID, { to: folder }), { code: "EEXIST" });
});

it("one of several archives is downloaded by its number, and not without", async () => {
  const { client, asked } = having("zip", ["a-1-of-2.zip", made["deflated.zip"]], ["a-2-of-2.zip", made["stored.zip"]]);

  await assert.rejects(client.download(ID, { to: folder }), (error) => isProblem(error, "several-archives"));
  await assert.rejects(client.link(ID), (error) => isProblem(error, "several-archives"));
  assert.deepEqual(await readdir(folder), []);
  const { path } = await client.download(ID, { to: folder, archive: 2 });

  assert.equal(path, join(folder, "a-2-of-2.zip"));
  assert.equal(asked.at(-1), "2");
  assert.deepEqual((await client.archives(ID)).map(({ archive, size }) => [archive, size]), [[1, made["deflated.zip"].length], [2, made["stored.zip"].length]]);
});

it("a job with one archive has a list of one", async () => {
  const { client, asked } = having("tar", ["a.tar", made["long.tar"]]);

  const [one, ...others] = await client.archives(ID);
  const saved = await client.downloadAll(ID, { to: folder });

  assert.deepEqual([one.archive, one.filename, one.size, others], [1, "a.tar", made["long.tar"].length, []]);
  assert.deepEqual(saved, [{ path: join(folder, "a.tar"), size: one.size }]);
  assert.deepEqual(asked, ["1"]);
});

for (const [name, format] of [["deflated.zip", "zip"], ["long.tar", "tar"], ["members.tar.gz", "tar.gz"]]) {
  it(`${name} is whole`, async () => {
    const { client } = having(format, [name, made[name]]);

    const { path } = await client.download(ID, { to: folder });

    assert.ok((await readFile(path)).equals(made[name]));
  });

  // Where a file's compressed bytes are, or the header of one.
  it(`${name} with a wrong byte is refused`, async () => {
    const { client } = having(format, [name, flipped(made[name], given.wrong[name])]);

    await assert.rejects(client.download(ID, { to: folder }), (error) => isProblem(error, "broken-archive"));
    assert.deepEqual(await readdir(folder), []);
  });

  it(`${name} without its end is refused`, async () => {
    const { client } = having(format, [name, made[name].subarray(0, given.ends[name])]);

    await assert.rejects(client.download(ID, { to: folder }), (error) => isProblem(error, "broken-archive"));
    assert.deepEqual(await readdir(folder), []);
  });
}

it("a long name keeps all of the end of a tar.gz", async () => {
  const { client } = having("tar.gz", [`${"a".repeat(250)}.tar.gz`, made["members.tar.gz"]]);

  const { path } = await client.download(ID, { to: folder });

  assert.equal(path, join(folder, `${"a".repeat(193)}.tar.gz`));
});
