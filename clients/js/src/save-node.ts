// Downloads an archive in Node.js, into a file.

import type { DownloadOptions, Saved } from "./client.js";
import type { Archive } from "./save-browser.js";

export async function save(_: Archive, __: DownloadOptions): Promise<Saved | undefined> {
  throw new Error("not yet");
}
