// Follows a job by server-sent events, and by its status when they stop.

import { jobPath, readJob } from "./api.js";

const STATES = "queued processing completed failed cancelled expired".split(" ");
const FAILURES_BORNE = 3; // then not the browser's reconnect, which never slows down
const LONGEST_PAUSE_MS = 30_000;

export const isOpen = ({ status }) => status === "queued" || status === "processing";

/**
 * Follows a job to its end, also in a hidden tab. Calls `show` after each change, `trouble` with
 * whether nobody answers, `gone` if there is no such job. Returns a function that stops it.
 */
export function follow(id, { show, trouble, gone }) {
  let source, timer;
  let seen = "";
  let failures = 0;
  let stopped = false;

  const stop = () => {
    stopped = true;
    source?.close();
    clearTimeout(timer);
    removeEventListener("online", lookNow);
    document.removeEventListener("visibilitychange", lookNow);
  };

  const told = (job) => {
    if (!isOpen(job)) stop();
    show(job);
  };

  const answered = () => {
    failures = 0;
    trouble(false);
  };

  const listen = () => {
    source = new EventSource(`${jobPath(id)}/progress${seen && `?lastEventId=${seen}`}`);
    source.onopen = answered;
    source.onerror = () => {
      // Each answer ends with one error: only a second one in a row is a failure.
      failures += 1;
      if (failures > 1) trouble(true);
      if (source.readyState === EventSource.CLOSED || failures > FAILURES_BORNE) later();
    };
    for (const state of STATES) {
      source.addEventListener(state, (event) => {
        seen = encodeURIComponent(event.lastEventId);
        told(JSON.parse(event.data));
      });
    }
  };

  const later = () => {
    source?.close();
    clearTimeout(timer);
    timer = setTimeout(look, Math.min(500 * 2 ** failures, LONGEST_PAUSE_MS));
  };

  const look = async () => {
    clearTimeout(timer);
    timer = 0;
    try {
      const job = await readJob(id);
      if (stopped) return;
      answered();
      told(job);
      if (!stopped) listen();
    } catch (problem) {
      if (stopped) return;
      if (problem.status === 404) {
        stop();
        gone();
      } else {
        failures += 1;
        trouble(true);
        later();
      }
    }
  };

  // The user or the network is back: do not wait for the end of the pause.
  const lookNow = () => {
    if (timer && document.visibilityState === "visible") look();
  };

  addEventListener("online", lookNow);
  document.addEventListener("visibilitychange", lookNow);
  look();
  return stop;
}
