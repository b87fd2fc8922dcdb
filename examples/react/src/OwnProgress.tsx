// The same without the component: markup of your own around the hook.
import { isOpen } from "longhaul";
import { useExport } from "./useExport";

export function OwnProgress({ api, selectionUrl }: { api: string; selectionUrl: string }) {
  const { job, error, start, cancel, download } = useExport(api, selectionUrl);
  if (error) {
    return <p role="alert">{error instanceof Error ? error.message : "It failed."}</p>;
  }
  if (!job) {
    return <button onClick={start}>Gather the files</button>;
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
  return <button onClick={start}>It has {job.status}. Try again</button>;
}
