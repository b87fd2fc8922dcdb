// <longhaul-export> as a component of React: its attributes are props, its events are functions.
import type { Job } from "longhaul";
import { type PropsWithChildren, useState } from "react";

interface Props {
  /** Longhaul's base URL. */
  api: string;
  /** Where the backend answers with a signed selection. */
  selectionUrl: string;
}

export function ExportButton({ api, selectionUrl, children }: PropsWithChildren<Props>) {
  const [ended, setEnded] = useState<Job>();
  return (
    <>
      <longhaul-export api={api} selection-url={selectionUrl} onlonghaul-end={(event) => setEnded(event.detail.job)}>
        {children}
      </longhaul-export>
      {ended?.result && <p>Files in the ZIP: {ended.result.processedFiles}</p>}
    </>
  );
}
