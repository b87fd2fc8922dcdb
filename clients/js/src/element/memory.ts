// What <longhaul-export> keeps of an export over a reload, and what it tells the other tabs.

const CHANNEL = "longhaul-export";
const PREFIX = "longhaul.export:";

/** What is kept of one export. Its ticket opens its archive: it goes nowhere else. */
export interface Kept {
  /** The Idempotency-Key of the request. It is kept before the request is sent. */
  key: string;
  /** The selection that is sent, until the request is answered. */
  selection?: string | undefined;
  /** The user in the selection. */
  sub?: string | undefined;
  jobId?: string | undefined;
  ticket?: string | undefined;
  /** When the ticket or the archive ends, in ms of Unix time. */
  ends?: number | undefined;
}

/** Where it is kept: in this tab, in this browser, or nowhere. */
export type Place = "session" | "local" | "none";

/** Keeps what concerns one export. `name` says which: what is asked for, and of which API. */
export class Memory {
  kept: Kept | undefined;
  readonly #name: string;
  readonly #store: Storage | undefined;
  readonly #channel: BroadcastChannel | undefined;

  /** `heard` is called with what another tab has started. */
  constructor(name: string, place: Place, heard: (kept: Kept) => void) {
    this.#name = PREFIX + name;
    if (place === "none") return;
    try {
      // A page may forbid either: then nothing is kept.
      this.#store = place === "local" ? localStorage : sessionStorage;
      const found = JSON.parse(this.#store.getItem(this.#name) ?? "null") as Kept | null;
      if (found?.key && !((found.ends ?? Infinity) < Date.now())) this.kept = found;
    } catch {
      this.#store = undefined;
    }
    try {
      const channel = new BroadcastChannel(CHANNEL);
      channel.onmessage = ({ data }: MessageEvent<{ name: string; kept?: Kept }>) => {
        if (data?.name !== this.#name) return;
        if (data.kept) heard(data.kept);
        else if (this.kept) this.#tell(this.kept);
      };
      this.#channel = channel;
      if (!this.kept) this.#tell(); // asks the others
    } catch {
      // Neither is another tab told.
    }
  }

  /** Keeps this, and tells the other tabs unless they have told us. Without it, nothing is kept. */
  keep(kept?: Kept, isOurs = true): void {
    this.kept = kept;
    try {
      if (kept) this.#store?.setItem(this.#name, JSON.stringify(kept));
      else this.#store?.removeItem(this.#name);
    } catch {
      // It is full: the export goes on, and does not survive a reload.
    }
    if (kept && isOurs) this.#tell(kept);
  }

  close(): void {
    this.#channel?.close();
  }

  #tell(kept?: Kept): void {
    this.#channel?.postMessage({ name: this.#name, kept });
  }
}
