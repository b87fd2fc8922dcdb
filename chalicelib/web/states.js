// The states of a job, in words.

import { duration } from "./format.js";
import { t } from "./texts.js";

/** A word, a picture, and a sentence for each status. */
export const STATUS = {
  queued: [t("job.queued"), "clock"],
  processing: [t("job.processing"), "archive"],
  completed: [t("job.completed"), "check", t("job.completedWords")],
  failed: [t("job.failed"), "alert", t("job.failedWords")],
  cancelled: [t("job.cancelled"), "stop", t("job.cancelledWords")],
  expired: [t("job.expired"), "clock", t("job.expiredWords")],
};

/** "2 min left"; empty if nobody knows. */
export const leftOf = (seconds) =>
  seconds === null ? "" : seconds ? t("job.left", { time: duration(seconds) }) : t("job.almostDone");
