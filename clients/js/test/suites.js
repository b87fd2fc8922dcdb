// Runs one of the suites in Node.js: the one that GIVEN names.

import { describe, it } from "node:test";

import * as lib from "../dist/index.js";
import { tests } from "./kit.js";

const given = JSON.parse(process.env.GIVEN);
await import(`./${given.suite}`);

describe(given.suite, { concurrency: true }, () => {
  for (const [name, run] of tests) it(name, { timeout: 60_000 }, () => run({ ...given, lib }));
});
