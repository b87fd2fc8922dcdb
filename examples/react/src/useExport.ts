// An export as a hook, for those who draw it themselves.
import { type Job, Longhaul } from "longhaul";
import { useEffect, useMemo, useRef, useState } from "react";

/**
 * Returns the job as it goes on, and functions that start, cancel and download it. When the person
 * leaves the page, the export goes on; nobody watches it any more.
 */
export function useExport(api: string, selectionUrl: string) {
  const client = useMemo(() => new Longhaul({ url: api }), [api]);
  const [job, setJob] = useState<Job>();
  const [error, setError] = useState<unknown>();
  const [isRunning, setIsRunning] = useState(false);
  const watching = useRef<AbortController>(undefined);
  useEffect(() => () => watching.current?.abort(), []);

  async function start() {
    watching.current?.abort();
    const { signal } = (watching.current = new AbortController());
    setJob(undefined);
    setError(undefined);
    setIsRunning(true);
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
      if (signal.aborted) return;
      setError(problem);
    }
    setIsRunning(false);
  }

  const act = (what: (job: Job) => Promise<unknown>) => () => {
    if (job) what(job).catch(setError);
  };
  return {
    job,
    error,
    isRunning,
    start,
    cancel: act((one) => client.cancel(one)),
    download: act((one) => client.download(one)),
  };
}
