// What can be said of all inputs: the reader of streams, the slugs, the pauses.

import assert from "node:assert/strict";
import { it } from "node:test";

import fc from "fast-check";

import { retryAfter } from "../dist/connection.js";
import { LonghaulError, slugOf } from "../dist/errors.js";
import { EventReader } from "../dist/events.js";
import { backoff, bounded, stoppable } from "../dist/pauses.js";

const pieces = fc.constantFrom(
  "\n", "\r", "\r\n", "\n\n", ":", ": ", " ", "\0", "\u2028", "ü", "x", "12", "data", "data:", "data: ", "id", "id:", "event: ", "retry: ",
  "retry:", "retry: 1.5", ": no", "data: {}\n\n", "id: a\n", "event: queued\n", "retry: 500\n",
);
const streams = fc.array(pieces, { maxLength: 40 }).map((list) => list.join(""));

/** Reads a whole stream at once, line by line, as the standard says it. */
function plainly(text) {
  const found = { events: [], lastId: "", retry: undefined };
  let [type, data, id] = ["", [], ""];
  const lines = text.split(/\r\n|\r|\n/);
  lines.pop(); // what follows the last line end is not whole
  for (const line of lines) {
    if (line === "") {
      found.lastId = id;
      if (data.length) found.events.push({ type: type || "message", data: data.join("\n"), id });
      [type, data] = ["", []];
      continue;
    }
    const colon = line.indexOf(":");
    const field = colon === -1 ? line : line.substring(0, colon);
    let value = colon === -1 ? "" : line.substring(colon + 1);
    if (value.startsWith(" ")) value = value.substring(1);
    if (field === "event") type = value;
    if (field === "data") data.push(value);
    if (field === "id" && !value.includes("\0")) id = value;
    if (field === "retry" && value !== "" && [...value].every((digit) => "0123456789".includes(digit))) found.retry = Number(value);
  }
  // An event whose data is empty is none, but one of an empty line is: the standard drops the last LF.
  return found;
}

const whole = (reader, list) => list.flatMap((piece) => reader.read(piece)).concat(reader.end());

it("a stream says the same, wherever it is cut into pieces", () => {
  fc.assert(
    fc.property(streams, fc.array(fc.nat(), { maxLength: 9 }), (text, cuts) => {
      const at = [0, ...cuts.map((cut) => cut % (text.length + 1)).sort((a, b) => a - b), text.length];
      const list = at.slice(1).map((end, n) => text.slice(at[n], end));
      const reader = new EventReader();

      const events = whole(reader, list);

      const wanted = plainly(text);
      assert.deepEqual({ events, lastId: reader.lastId, retry: reader.retry }, wanted);
    }),
    { numRuns: 3_000 },
  );
});

it("a connection begins with nothing of the one before, but its id and pause", () => {
  fc.assert(
    fc.property(streams, streams, (one, two) => {
      const reader = new EventReader();
      whole(reader, [one]);
      const { lastId, retry } = reader;
      reader.begin();

      const events = whole(reader, [two]);

      const alone = plainly(two);
      assert.deepEqual(events.map(({ type, data }) => [type, data]), alone.events.map(({ type, data }) => [type, data]));
      assert.equal(reader.retry, alone.retry ?? retry);
      if (!/\bid/.test(two)) assert.equal(reader.lastId, lastId);
    }),
    { numRuns: 1_000 },
  );
});

it("an event without an end does not fill the memory", () => {
  const reader = new EventReader();
  assert.throws(() => {
    for (;;) reader.read(`data: ${"x".repeat(2 ** 18)}\n`);
  }, RangeError);
});

it("a slug is the end of a type, whoever has made it", () => {
  fc.assert(fc.property(fc.stringMatching(/^[a-z][a-z-]{0,30}$/), (slug) => {
    assert.equal(slugOf({ type: `urn:problem-type:longhaul:${slug}`, status: 500 }), slug);
    assert.equal(slugOf({ type: `https://example.com/problems#${slug}` }), slug);
  }));
});

it("any problem is an error, whatever is in it", () => {
  const anything = fc.record({ type: fc.string(), title: fc.string(), status: fc.integer(), detail: fc.string() }, { requiredKeys: ["title", "status"] });
  fc.assert(fc.property(anything, (problem) => {
    const error = new LonghaulError(problem);
    assert.equal(typeof error.slug, "string");
    assert.equal(typeof error.message, "string");
  }));
});

it("a pause is never a storm, and never for ever", () => {
  fc.assert(fc.property(fc.oneof(fc.double({ noNaN: true }), fc.integer(), fc.constant(Infinity)), (ms) => {
    assert.ok(bounded(ms) >= 200 && bounded(ms) <= 300_000);
  }));
  fc.assert(fc.property(fc.nat(2_000), fc.nat(100), (failures, asked) => {
    const ms = backoff(failures, asked);
    assert.ok(ms >= asked * 1000 && ms >= 375 && ms <= Math.max(30_000, asked * 1000));
  }));
});

it("a Retry-After is a number of seconds, a date, or nothing", () => {
  const of = (text) => retryAfter({ headers: new Headers(text === undefined ? {} : { "Retry-After": text }) });
  fc.assert(fc.property(fc.nat(), (seconds) => assert.equal(of(String(seconds)), seconds)));
  fc.assert(fc.property(fc.stringMatching(/^[!-~]*$/), (text) => {
    const seconds = of(text);
    assert.ok(seconds === undefined || seconds >= 0);
  }));
  assert.equal(of(undefined), undefined);
  assert.equal(of("soon"), undefined);
  assert.equal(of("Mon, 01 Jan 2001 00:00:00 GMT"), undefined);
});

it("what is stopped leaves no listener behind", async () => {
  const listened = [];
  const signal = { aborted: false, addEventListener: (_, one) => listened.push(one), removeEventListener: (_, one) => listened.splice(listened.indexOf(one), 1) };

  assert.equal(await stoppable(Promise.resolve(7), signal), 7);
  await new Promise((go) => setImmediate(go));

  assert.deepEqual(listened, []);
});
