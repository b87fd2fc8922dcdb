// Downloads an archive in a browser: the browser does it.

import type { DownloadOptions, Saved } from "./client.js";
import { pause } from "./pauses.js";
import type { ArchiveFormat, Download } from "./types.js";

const PAUSE_MS = 2_000; // Chromium drops a download whose answer has not begun when the next one is asked for

/** What a download needs of the client. */
export interface Built {
  id: string;
  /** It is one of all archives that are downloaded. */
  isAll: boolean;
  /** `size`, in bytes, is what the job has built; undefined if that is not known. */
  facts: () => Promise<{ format: ArchiveFormat; filename: string; size?: number }>;
  link: () => Promise<Download>;
  fetch: typeof fetch;
  patience: number;
  timeout: number;
}

/** Has the browser begin the download. Returns undefined. */
export async function save({ isAll, link }: Built, { archive = 1, signal }: DownloadOptions): Promise<Saved | undefined> {
  if (isAll && archive > 1) await pause(PAUSE_MS, signal);
  const { downloadUrl } = await link();
  // The answer is an attachment: the page stays as it is.
  const anchor = Object.assign(document.createElement("a"), { href: downloadUrl, download: "", rel: "noreferrer", hidden: true });
  document.body.append(anchor);
  anchor.click();
  anchor.remove();
  return undefined;
}
