// Servers that answer with anything, and values that nobody checked.

import { failure, equal, ID, job, ok, scripted, test } from "./kit.js";

for (const body of [{}, { ok: true }, { status: "processing" }, { status: "completed", progress: null }]) {
  test(`watching ${JSON.stringify(body)}, which is no job, is an error of ours`, async (at) => {
    const { url } = await scripted(at, { body });

    const error = await failure(new at.lib.Longhaul({ url }).watch(ID).next());

    equal([error.name, error.slug], ["LonghaulError", "unexpected-answer"]);
  });
}

for (const data of ["null", "5", "{}", "{"]) {
  test(`an event of ${data} is a broken stream`, async (at) => {
    const event = { headers: { "Content-Type": "text/event-stream" }, body: `data: ${data}\n\n` };
    const { url } = await scripted(at, { body: job(1) }, event, { body: job(100) });

    const end = await new at.lib.Longhaul({ url }).wait(ID);

    equal(end.status, "completed");
  });
}

for (const token of ["one\ntwo", "zw\u00f6lf", "\u20ac"]) {
  test(`the token ${JSON.stringify(token)} is refused at once, and not told`, async (at) => {
    const { url, asked } = await scripted(at);

    const error = await failure(new at.lib.Longhaul({ url, token }).status(ID));

    equal(error.slug, "no-token");
    ok(!`${error.message} ${error.cause}`.includes(token), "the token is in the error");
    equal((await asked()).length, 0);
  });
}

test("a token from a file may end with a line end", async (at) => {
  const { url, asked } = await scripted(at, { body: job(1) });

  await new at.lib.Longhaul({ url, token: "secret\n" }).status(ID);

  equal((await asked())[0].headers.authorization, "Bearer secret");
});

for (const downloadUrl of ["javascript:globalThis.stolen=1", "data:text/html,x", "nonsense", null]) {
  test(`nobody follows the link ${downloadUrl}`, async (at) => {
    const { url } = await scripted(at, ...Array(2).fill({ body: { ...job(100), downloadUrl, expiresIn: 60 } }));

    const error = await failure(new at.lib.Longhaul({ url }).download(ID));

    equal(error.slug, "unexpected-answer");
    equal(globalThis.stolen ?? null, null);
  });
}
