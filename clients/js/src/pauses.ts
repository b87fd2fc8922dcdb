// Waits, and stops waiting at once when a signal says so.

const LONGEST_MS = 300_000; // whatever a server asks for; a timer takes 24 days at most
const SHORTEST_MS = 200;

/** Settles as `promise` does, or rejects with the signal's reason as soon as that is aborted. */
export function stoppable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  return new Promise<T>((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop);
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

/** Waits for `ms`, or less if `isBroken` and the network or the person is back. Rejects with the
 * signal's reason. */
export async function pause(ms: number, signal: AbortSignal | undefined, isBroken = false): Promise<void> {
  let wake = () => {};
  const page = isBroken ? globalThis.document : undefined;
  const seen = () => page?.visibilityState === "visible" && wake();
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    await stoppable(
      new Promise<void>((resolve) => {
        wake = resolve;
        timer = setTimeout(resolve, bounded(ms));
        page?.addEventListener("visibilitychange", seen);
        if (page) addEventListener("online", wake);
      }),
      signal,
    );
  } finally {
    clearTimeout(timer);
    page?.removeEventListener("visibilitychange", seen);
    if (page) removeEventListener("online", wake);
  }
}

/** Returns ms that are neither a storm of requests nor for ever. */
export const bounded = (ms: number): number => Math.min(Math.max(ms, SHORTEST_MS), LONGEST_MS);

/** Returns the ms to wait after this many failures in a row: what the server asks for, or longer and
 * longer. A part is random, so that not all come back at the same moment. */
export function backoff(failures: number, retryAfter = 0): number {
  const own = Math.min(500 * 2 ** failures, 30_000) * (0.75 + Math.random() / 4);
  return Math.max(own, retryAfter * 1000);
}

/** Returns a signal that is aborted when `signal` is, or after `ms`; and a function that ends that. */
export function limited(ms: number, signal: AbortSignal | undefined): { signal: AbortSignal; late: AbortSignal; end: () => void } {
  const both = new AbortController();
  const late = AbortSignal.timeout(ms);
  const sources = signal ? [signal, late] : [late];
  const stop = (event: Event) => both.abort((event.target as AbortSignal).reason);
  for (const one of sources) {
    if (one.aborted) both.abort(one.reason);
    one.addEventListener("abort", stop);
  }
  return { signal: both.signal, late, end: () => sources.forEach((one) => one.removeEventListener("abort", stop)) };
}
