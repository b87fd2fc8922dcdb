// What <longhaul-export> keeps of an export over a reload, and what it tells the other tabs.

const NAME = "longhaul-export"; // of the channel, and in front of each name in the storage

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
  /** When the ticket ends, in ms of Unix time. */
  ends?: number | undefined;
}

/** Where it is kept: in this tab, in this browser, or nowhere. */
export type Place = "session" | "local" | "none";

/** Keeps what concerns one export. */
export class Memory {
  kept: Kept | undefined;
  isClosed = false;
  readonly place: Place;
  readonly #name: string;
  #store: Storage | undefined;
  #channel: BroadcastChannel | undefined;

  /** `name` says which export it is: what is asked for, and of which API. `heard` is called with what
   * another tab has started. `kept` is what the same element has kept before. */
  constructor(name: string, place: Place, heard: (kept: Kept) => void, kept?: Kept) {
    this.#name = NAME + name;
    this.place = place;
    this.kept = kept;
    if (place === "none") return;
    try {
      // A page may forbid it: then nothing is kept.
      this.#store = place === "local" ? localStorage : sessionStorage;
      const found = JSON.parse(this.#store.getItem(this.#name) ?? "null") as Kept | null;
      if (found?.key && !(found.ends! < Date.now())) this.kept = found;
    } catch {}
    const channel = (this.#channel = new BroadcastChannel(NAME));
    channel.onmessage = ({ data }: MessageEvent<{ name: string; kept?: Kept } | null>) => {
      if (data?.name !== this.#name) return;
      if (data.kept) heard(data.kept);
      else if (this.kept) this.#tell();
    };
    if (!this.kept) this.#tell(); // asks the others
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
    if (kept && isOurs) this.#tell();
  }

  close(): void {
    this.isClosed = true;
    this.#channel?.close();
    this.#channel = undefined;
  }

  #tell(): void {
    this.#channel?.postMessage({ name: this.#name, kept: this.kept });
  }
}
