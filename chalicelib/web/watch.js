// Notifies of the end of jobs, in this browser, while this tab is open.

import { tickets } from "./address.js";
import { access, readJob } from "./api.js";
import { isOpen } from "./live.js";
import { auth, AWAITED, awaited } from "./person.js";
import { inWords } from "./problems.js";
import { stateOf, title } from "./tab.js";
import { plain, t } from "./texts.js";

const PAUSE_MS = 5_000; // from one request to the next, however many jobs there are
const LONGEST_PAUSE_MS = 60_000;

let timer;
let failures = 0;

/** Whether this browser can notify. Chromium on Android does it in service workers only. */
export const canNotify = () => isSecureContext && !!globalThis.Notification && navigator.userAgentData?.platform !== "Android";

/** Has this tab notify of the job's end, or not any more. */
export function awaitEnd(id, isWanted) {
  if (isWanted) awaited.add(id);
  else awaited.delete(id);
  keep();
  next();
}

function keep() {
  try {
    if (awaited.size) sessionStorage[AWAITED] = [...awaited].join(" ");
    else delete sessionStorage[AWAITED];
  } catch {
    // Storage is not allowed: they are forgotten when the page is loaded again.
  }
}

function next(ms = PAUSE_MS) {
  clearTimeout(timer);
  if (awaited.size) timer = setTimeout(look, ms);
}

const isShown = (id) => location.hash === `#/jobs/${id}`;

/** Reads one job. The one that is shown is followed already (tell.js), and who is not signed in may not ask. */
async function look() {
  const id = [...awaited].find((one) => !isShown(one) && (!auth || access.token || tickets.has(one)));
  if (!id) return next();
  let wait = 0;
  try {
    const job = await readJob(id);
    failures = 0;
    ended(job);
  } catch ({ status, after }) {
    // The job, or the ticket for it, is gone.
    if (status === 404 || (status === 401 && tickets.has(id))) awaited.delete(id);
    failures += 1;
    wait = after * 1000;
  }
  // To the end of the queue.
  if (awaited.delete(id)) awaited.add(id);
  keep();
  next(Math.max(Math.min(PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS), wait));
}

/** Notifies of the end, once, unless somebody sees it. Does nothing if the job has not ended, or is not awaited. */
export function ended(job) {
  const { jobId, filename, status, error } = job;
  if (isOpen(job) || !awaited.delete(jobId)) return;
  keep();
  if (isShown(jobId) && document.visibilityState === "visible" && document.hasFocus()) return;
  if (!isShown(jobId)) mark(stateOf(status, filename));
  try {
    const notice = new Notification(plain(filename), { body: error ? inWords(error).title : t(`tell.${status}`), tag: jobId });
    notice.onclick = () => {
      focus();
      location.hash = `#/jobs/${jobId}`;
      notice.close();
    };
  } catch {
    // This browser cannot do it after all. The title of the tab says it.
  }
}

/** Gives a tab that nobody sees another title, until somebody sees it. */
function mark(text) {
  if (document.visibilityState === "visible") return;
  const before = document.title;
  title(text);
  const after = document.title;
  document.addEventListener("visibilitychange", () => document.title === after && (document.title = before), { once: true });
}

next();
