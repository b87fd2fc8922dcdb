// What is live: one job, which the client follows; the list, looked at again and again; and what other
// windows of this browser do.

import { client } from "./api.js";

export { isOpen } from "./client.js";

const PACE_MS = 4_000; // from one look at the list to the next
const SLOW_PACE_MS = 30_000; // while nobody does anything, and nothing happens
const IDLE_MS = 600_000;
const LONGEST_PACE_MS = 60_000; // while nobody answers
const INPUTS = ["pointermove", "pointerdown", "keydown", "scroll"];

const channel = new BroadcastChannel("longhaul");

/** Tells the other windows of this browser that something was done with this job. */
export const acted = (id) => channel.postMessage(id);

/** Calls `listener` with the id of each job with which another window has done something. Returns a
 * function that stops it. */
export function heard(listener) {
  const listen = ({ data }) => listener(data);
  channel.addEventListener("message", listen);
  return () => channel.removeEventListener("message", listen);
}

/**
 * Follows a job to its end, also in a hidden tab. Calls `show` after each change, `trouble` with
 * whether nobody answers, `gone` if there is no such job. Returns a function that stops it.
 */
export function follow(id, { show, trouble, gone }) {
  const left = new AbortController();
  const { signal } = left;
  const watch = async () => {
    try {
      for await (const job of client.watch(id, { signal, patience: Infinity, onTrouble: trouble })) if (!signal.aborted) show(job);
    } catch (error) {
      if (signal.aborted) return;
      if (error.status !== 404 && error.status !== 401) throw error;
      gone();
    }
  };
  watch();
  return () => left.abort();
}

/**
 * Calls `look` at once and then again and again, while the tab is visible. `look` returns whether it
 * found something new, and throws a Problem. Returns {now, soon, stop}: `now` looks at once, `soon` only
 * if the tab is visible and the server does not ask to wait.
 */
export function repeat(look) {
  let timer;
  let isLooking = false;
  let isWanted = false; // once more, as soon as this look is over
  let isOver = false;
  let failures = 0;
  let lookedAt = 0;
  let busyAt = Date.now(); // when somebody did something, or something happened
  let closedUntil = 0; // the server has asked for it

  const isSeen = () => document.visibilityState === "visible";
  const isIdle = () => Date.now() - busyAt > IDLE_MS;

  const next = (ms) => {
    clearTimeout(timer);
    if (!isOver && isSeen()) timer = setTimeout(now, Math.max(ms, closedUntil - Date.now()));
  };

  const now = async () => {
    clearTimeout(timer);
    isWanted = isLooking;
    if (isLooking) return;
    isLooking = true;
    try {
      if (await look()) busyAt = Date.now();
      failures = 0;
    } catch ({ after = 0 }) {
      failures += 1;
      closedUntil = Date.now() + after * 1000;
    }
    isLooking = false;
    lookedAt = Date.now();
    next(isWanted ? 0 : Math.min((isIdle() ? SLOW_PACE_MS : PACE_MS) * 2 ** failures, LONGEST_PACE_MS));
  };

  const soon = () => {
    if (isLooking) isWanted = true;
    else if (closedUntil > Date.now()) next(0);
    else if (isSeen()) now();
  };

  const busy = () => {
    const wasIdle = isIdle();
    busyAt = Date.now();
    if (wasIdle) soon();
  };

  // The person or the network is back.
  const back = () => {
    busyAt = Date.now();
    if (!isLooking) next(PACE_MS - (Date.now() - lookedAt));
  };

  for (const kind of INPUTS) addEventListener(kind, busy, { passive: true });
  addEventListener("online", back);
  document.addEventListener("visibilitychange", back);
  now();
  return {
    now,
    soon,
    stop: () => {
      isOver = true;
      clearTimeout(timer);
      for (const kind of INPUTS) removeEventListener(kind, busy);
      removeEventListener("online", back);
      document.removeEventListener("visibilitychange", back);
    },
  };
}
