// Reads server-sent events by the rules of the HTML standard, piece by piece.

// https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation

const LONGEST = 4 * 2 ** 20; // characters of an event; those of Longhaul have about 2,000

/** One event. `id` is the last one of the stream, of this event or of one before. */
export interface StreamEvent {
  type: string;
  data: string;
  id: string;
}

/** A stream over several connections. `lastId` and `retry` (ms) say how to open the next one. */
export class EventReader {
  lastId = "";
  retry: number | undefined;

  #rest = "";
  #type = "";
  #data = "";
  #id = "";

  /** Begins another connection. What the one before has not ended is dropped. */
  begin(): void {
    this.#rest = this.#type = this.#data = "";
    this.#id = this.lastId;
  }

  /** Returns the events that end in this piece. Raises RangeError if one is far too long. */
  read(piece: string): StreamEvent[] {
    const events: StreamEvent[] = [];
    // A CR at the end may be half of a line end: it waits for what follows.
    const lines = (this.#rest + piece).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#line(line, events);
    if (this.#rest.length + this.#data.length > LONGEST) throw new RangeError("An event is too long");
    return events;
  }

  /** Returns the event that the end of the connection makes whole, if it does: after a last CR. */
  end(): StreamEvent[] {
    const events: StreamEvent[] = [];
    if (this.#rest.endsWith("\r")) this.#line(this.#rest.slice(0, -1), events);
    return events;
  }

  #line(line: string, events: StreamEvent[]): void {
    if (!line) {
      this.lastId = this.#id;
      if (this.#data) events.push({ type: this.#type || "message", data: this.#data.slice(0, -1), id: this.#id });
      this.#type = this.#data = "";
      return;
    }
    const at = line.indexOf(":");
    const field = at < 0 ? line : line.slice(0, at);
    const value = at < 0 ? "" : line.slice(at + (line[at + 1] === " " ? 2 : 1));
    if (field === "data") this.#data += `${value}\n`;
    else if (field === "event") this.#type = value;
    else if (field === "id" && !value.includes("\0")) this.#id = value;
    else if (field === "retry" && /^[0-9]+$/.test(value)) this.retry = +value;
  }
}
