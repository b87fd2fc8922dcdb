// How far a running job is.

import { announce, h, say } from "./dom.js";
import { percent as percentOf, size, sizeOf } from "./format.js";
import { leftOf, STATUS } from "./states.js";
import { t } from "./texts.js";

const SPOKEN_EVERY_MS = 15_000; // a screen reader that reads each change would read nothing else
const PACE_OVER_MS = 10_000; // the speed is measured over this time
const STAGES = { queued: "Queued", planning: "Planning", reading: "Reading", compressing: "Compressing", assembling: "Assembling", finalizing: "Finalizing" };

function stageOf({ stage, message }) {
  // Nothing else in an answer says this.
  if (stage === "planning" && message.includes("again")) return t("job.stageAgain");
  return Object.hasOwn(STAGES, stage) ? t(`job.stage${STAGES[stage]}`) : message;
}

/** Returns {draw, move}. `draw()` returns new elements, and `move(job)` shows in these how far the job is. */
export function gauge() {
  let parts; // the elements, by name
  let samples = [];
  let spokenAt = Date.now();

  const draw = () => {
    parts = {};
    const part = (name, tag = "span") => (parts[name] = h(tag, { class: name }));
    const stat = (name, label) => h("div", {}, h("dt", {}, label), part(name, "dd"));
    parts.bar = h("div", { class: "bar", role: "progressbar", "aria-label": t("job.progress"), "aria-valuemin": 0, "aria-valuemax": 100 }, part("filled"));
    return [
      h("div", { class: "gauge" }, part("number"), part("left")), parts.bar, part("stage"),
      h("dl", { class: "stats" }, stat("done", t("job.files")), stat("bytes", t("job.data")), stat("speed", t("job.speed"))),
    ];
  };

  const move = ({ status, updatedAt, progress }) => {
    const { percent, currentFile, totalFiles, bytesDone, bytesTotal, etaSeconds } = progress;
    const isKnown = bytesTotal > 0;
    const stage = stageOf(progress);
    const words = isKnown ? t("job.spoken", { percent, done: currentFile, n: totalFiles }) : stage;
    say(parts.number, isKnown ? percentOf(percent) : STATUS[status][0]);
    say(parts.left, leftOf(etaSeconds));
    say(parts.stage, stage);
    say(parts.done, totalFiles ? t("job.of", { done: currentFile, n: totalFiles }) : t("job.unknown"));
    say(parts.bytes, isKnown ? sizeOf(bytesDone, bytesTotal) : t("job.unknown"));
    const speed = speedAt(Date.parse(updatedAt), bytesDone) ?? (etaSeconds && (bytesTotal - bytesDone) / etaSeconds);
    say(parts.speed, speed ? t("job.perSecond", { size: size(speed) }) : t("job.unknown"));
    parts.bar.classList.toggle("unknown", !isKnown);
    parts.filled.style.width = isKnown ? `${percent}%` : "";
    if (isKnown) parts.bar.setAttribute("aria-valuenow", percent);
    parts.bar.setAttribute("aria-valuetext", words);
    if (Date.now() - spokenAt < SPOKEN_EVERY_MS) return;
    spokenAt = Date.now();
    announce(words);
  };

  /** Returns bytes a second; undefined during the first second. */
  const speedAt = (at, bytes) => {
    samples = [...samples.filter((sample) => at - sample.at <= PACE_OVER_MS && sample.bytes <= bytes), { at, bytes }];
    const seconds = (at - samples[0].at) / 1000;
    return seconds >= 1 ? (bytes - samples[0].bytes) / seconds : undefined;
  };

  return { draw, move };
}
