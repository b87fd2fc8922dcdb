// Checks an archive that was downloaded, as far as its format can be checked.

import type { ArchiveFormat } from "./types.js";
import { tarFault } from "./tar-node.js";
import { zipFault } from "./zip-node.js";

/** Returns what is wrong with an archive; empty if all is well. Raises the signal's reason. */
export const fault = (path: string, format: ArchiveFormat | undefined, signal: AbortSignal | undefined): Promise<string> =>
  format === "tar" || format === "tar.gz" ? tarFault(path, format === "tar.gz", signal) : zipFault(path, signal);
