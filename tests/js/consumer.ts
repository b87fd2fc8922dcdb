// What a user of the package writes: it must compile, and mistakes must not.

import { type ExportRequest, isProblem, type Job, Longhaul, LonghaulError } from "longhaul";

const client = new Longhaul({ url: "https://api.example.com", token: async () => "secret", timeout: 1, patience: 0 });
const stop = new AbortController();

export async function all(): Promise<number> {
  const { jobId, ticket } = await client.create({ fileIds: [10001, "a"], onMissing: "skip" }, { signal: stop.signal });
  await client.create({ selection: "eyJ" });
  const request: ExportRequest = { files: [{ key: "a", name: "b" }], filename: "a.zip" };
  await client.create(request);
  for await (const job of client.watch({ jobId, ticket }, { onTrouble: (is, error) => is && error?.slug })) {
    const status: "queued" | "processing" | "completed" | "failed" | "cancelled" | "expired" = job.status;
    if (status === "completed") return job.result?.fileSize ?? 0;
  }
  for await (const { progress } of client.list({ limit: 3 })) progress.percent.toFixed();
  const last: Job = await client.wait(jobId, { onState: ({ filename }) => filename });
  const saved = await client.download(last, { to: "." });
  await client.create(await client.request(last) as ExportRequest);

  // @ts-expect-error Only one of them says what to export.
  await client.create({ fileIds: [1], keys: ["a"] });
  // @ts-expect-error One of them must.
  await client.create({ filename: "a.zip" });
  // @ts-expect-error There is no such choice.
  await client.create({ keys: ["a"], onMissing: "ignore" });
  // @ts-expect-error A URL is needed.
  new Longhaul({});
  return saved?.size ?? 0;
}

export function words(error: unknown): string {
  if (isProblem(error, "selection-used", "no-connection")) {
    const slug: "selection-used" | "no-connection" = error.slug;
    return slug;
  }
  // @ts-expect-error There is no such problem.
  isProblem(error, "selection-usd");
  return error instanceof LonghaulError ? `${error.slug} ${error.retryAfter ?? 0}` : "";
}
