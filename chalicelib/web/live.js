// What is live: one job, followed by server-sent events, and by its status when they fail; the list,
// looked at again and again; and what other windows of this browser do.

import { readEvents, readJob } from "./api.js";

const FIRST_PAUSE_MS = 3_000; // until a stream says another one
const LONGEST_PAUSE_MS = 30_000;

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

export const isOpen = ({ status }) => status === "queued" || status === "processing";

/**
 * Reads a whole stream by the rules of the HTML standard. Returns its {events: [{type, data, id}]},
 * and if it has them: {retry} in ms, {seen}, the last event's id. EventSource cannot sign in.
 */
export function parse(text) {
  const found = { events: [] };
  let [type, data, id] = ["", "", ""];
  // What follows the last line end is not whole.
  for (const line of text.split(/\r\n|\r|\n/).slice(0, -1)) {
    const [, field, value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line);
    if (!line) {
      found.seen = id;
      if (data) found.events.push({ type: type || "message", data: data.slice(0, -1), id });
      type = data = "";
    } else if (field === "data") data += `${value}\n`;
    else if (field === "event") type = value;
    else if (field === "id" && !value.includes("\0")) id = value;
    else if (field === "retry" && /^\d+$/.test(value)) found.retry = +value;
  }
  return found;
}

/**
 * Follows a job to its end, also in a hidden tab. Calls `show` after each change, `trouble` with
 * whether nobody answers, `gone` if there is no such job. Returns a function that stops it.
 */
export function follow(id, { show, trouble, gone }) {
  let timer;
  let seen = "";
  let pause = FIRST_PAUSE_MS;
  let failures = 0;
  const left = new AbortController();

  const stop = () => {
    left.abort();
    clearTimeout(timer);
    removeEventListener("online", lookNow);
    document.removeEventListener("visibilitychange", lookNow);
  };

  const told = (job) => {
    if (!isOpen(job)) stop();
    show(job);
  };

  const next = (step, ms) => {
    clearTimeout(timer);
    if (left.signal.aborted) return;
    timer = setTimeout(() => {
      timer = 0;
      step();
    }, ms);
  };

  /** Returns what `ask` does; undefined if that fails, or comes too late. */
  const asked = async (ask, borne) => {
    try {
      const answer = await ask();
      if (left.signal.aborted) return;
      failures = 0;
      trouble(false);
      return answer;
    } catch ({ status, after = 0 }) {
      if (left.signal.aborted) return;
      if (status === 404 || status === 401) {
        stop();
        gone();
        return;
      }
      failures += 1;
      trouble(status !== 429 && failures > borne); // a limit on requests is no trouble: wait
      next(look, Math.max(Math.min(500 * 2 ** failures, LONGEST_PAUSE_MS), after * 1000));
    }
  };

  const listen = async () => {
    const stream = await asked(async () => {
      const text = await readEvents(id, seen, left.signal);
      const { events, ...rest } = parse(text ?? "");
      return { ...rest, isOver: text === null, jobs: events.map(({ data }) => JSON.parse(data)) };
    }, 1);
    if (!stream) return;
    ({ seen = seen, retry: pause = pause } = stream);
    next(stream.isOver ? look : listen, pause);
    stream.jobs.forEach(told);
  };

  const look = async () => {
    const job = await asked(() => readJob(id), 0);
    if (!job) return;
    next(listen, 0);
    told(job);
  };

  // The user or the network is back: do not wait for the end of the pause.
  const lookNow = () => {
    if (timer && failures && document.visibilityState === "visible") next(look, 0);
  };

  addEventListener("online", lookNow);
  document.addEventListener("visibilitychange", lookNow);
  look();
  return stop;
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
