// A job as it moves: server-sent events, and what to do when they stop coming.

import { jobPath, readJob } from "./api.js";

const STATES = "queued processing completed failed cancelled expired".split(" ");
const FAILURES_BORNE = 3; // then the browser's own reconnect, which never slows down, is given up
const LONGEST_PAUSE_MS = 30_000;

export const isOpen = ({ status }) => status === "queued" || status === "processing";

/**
 * Follows a job to its end, in a hidden tab too: `show` gets it whenever there is news, `trouble`
 * whether nobody answers; `gone` is called if there is no such job. Gives a function to stop it.
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
      // One comes at the end of each answer: only a second one in a row is a failure.
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

  // Somebody is back: no need to wait for the end of the pause.
  const lookNow = () => {
    if (timer && document.visibilityState === "visible") look();
  };

  addEventListener("online", lookNow);
  document.addEventListener("visibilitychange", lookNow);
  look();
  return stop;
}
