// The same without the component: markup of your own around the hook.
import { isOpen } from "longhaul";
import { useExport } from "./useExport";

export function OwnProgress({ api, selectionUrl }: { api: string; selectionUrl: string }) {
  const { job, error, isRunning, start, cancel, download } = useExport(api, selectionUrl);
  if (error !== undefined) {
    return (
      <p role="alert">
        {error instanceof Error ? error.message : "It failed."} <button onClick={start}>Try again</button>
      </p>
    );
  }
  if (!job) {
    return (
      <button onClick={start} disabled={isRunning}>
        Gather the files
      </button>
    );
  }
  if (isOpen(job)) {
    const { percent, currentFile, totalFiles } = job.progress;
    return (
      <p>
        <progress aria-label="Files" max={100} value={percent} /> {currentFile} of {totalFiles} files{" "}
        <button onClick={cancel}>Cancel</button>
      </p>
    );
  }
  if (job.status === "completed") {
    return <button onClick={download}>Save the ZIP</button>;
  }
  return <button onClick={start}>Gather the files again ({job.status})</button>;
}
