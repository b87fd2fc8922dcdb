// An export as a hook, for those who draw it themselves.
import { type Job, Longhaul } from "longhaul";
import { useEffect, useMemo, useRef, useState } from "react";

/**
 * Returns the job as it goes on, and functions that start, cancel and download it. What the user leaves
 * goes on without the page; nobody watches it any more.
 */
export function useExport(api: string, selectionUrl: string) {
  const client = useMemo(() => new Longhaul({ url: api }), [api]);
  const [job, setJob] = useState<Job>();
  const [error, setError] = useState<unknown>();
  const watching = useRef<AbortController>(undefined);
  useEffect(() => () => watching.current?.abort(), []);

  async function start() {
    watching.current?.abort();
    const { signal } = (watching.current = new AbortController());
    setJob(undefined);
    setError(undefined);
    try {
      const answer = await fetch(selectionUrl, { signal });
      if (!answer.ok) {
        throw new Error(`No selection: ${answer.status}.`);
      }
      const accepted = await client.create(await answer.json(), { signal });
      for await (const state of client.watch(accepted, { signal })) {
        setJob(state);
      }
    } catch (problem) {
      if (!signal.aborted) {
        setError(problem);
      }
    }
  }

  return {
    job,
    error,
    start,
    cancel: () => job && client.cancel(job),
    download: () => job && client.download(job),
  };
}
