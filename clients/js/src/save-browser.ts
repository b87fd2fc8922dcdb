// Downloads an archive in a browser: the browser does it.

import type { DownloadOptions, Saved } from "./client.js";
import type { Download, Job } from "./types.js";

/** What a download needs of the client. */
export interface Archive {
  id: string;
  status: () => Promise<Job>;
  link: () => Promise<Download>;
  fetch: typeof fetch;
  patience: number;
  timeout: number;
}

/** Has the browser begin the download. Returns undefined. */
export async function save({ link }: Archive, _: DownloadOptions): Promise<Saved | undefined> {
  const { downloadUrl } = await link();
  // The answer is an attachment: the page stays as it is.
  const anchor = Object.assign(document.createElement("a"), { href: downloadUrl, download: "", rel: "noreferrer", hidden: true });
  document.body.append(anchor);
  anchor.click();
  anchor.remove();
  return undefined;
}
