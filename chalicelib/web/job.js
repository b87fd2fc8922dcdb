// One job: how far it is, how it ended, and what can be done with it.

import { tickets } from "./address.js";
import { cancelJob, deleteJob, downloadLink, readJob, retryJob } from "./api.js";
import { announce, ask, button, copy, fault, fill, h, icon, link, name, newExport, nothing, say, skeleton, toast, trouble } from "./dom.js";
import { count, duration, files, moment, sentence, size, sizeOf, why } from "./format.js";
import { follow, isOpen } from "./live.js";
import { auth, awaited } from "./person.js";
import { tabOf, title } from "./tab.js";

const SPOKEN_EVERY_MS = 15_000;
// The speed is measured over this time.
const PACE_OVER_MS = 10_000;
const MISSING_SHOWN = 200;
const REVOKED = ["This link does not work any more", "It has expired, or was revoked. Ask for a new one where you got it."];
const AGAIN = ["Open the link again", "This page does not keep what lets you in. Open the link that you were sent."];

/** A word, a picture, and a sentence for each status. */
export const STATUS = {
  queued: ["Queued", "clock"],
  processing: ["Running", "archive"],
  completed: ["Ready", "check", "Ready to download"],
  failed: ["Failed", "alert", "The export failed"],
  cancelled: ["Cancelled", "stop", "The export was cancelled"],
  expired: ["Expired", "clock", "The archive has expired"],
};

/** A link. A plain click asks the API first, so that this page shows a refusal. Where a request must
 * say who asks, a link alone leads nowhere: there it is a button, which opens no other tab. */
export function downloadLinkOf(id, more, ...content) {
  const download = async (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    try {
      const { downloadUrl } = await downloadLink(id);
      if (!/^https?:/.test(downloadUrl)) return;
      toast("The download has started.");
      location.assign(downloadUrl);
    } catch (problem) {
      // The job, or the ticket for it, is gone: the view looks again, and says so.
      if (problem.status === 404 || (problem.status === 401 && tickets.has(id))) dispatchEvent(new Event("hashchange"));
      else toast(problem.words);
    }
  };
  if (auth || tickets.has(id)) return button(download, more, icon("download"), content);
  return link(`v1/export/${id}/download?redirect=true`, { onclick: download, ...more }, icon("download"), content);
}

/** `isShared`: it was opened by a share link, and is shown to whom it does not belong. */
export function job(main, id, isShared) {
  // The job that the page shows.
  let shown;
  // What changes while it runs.
  let parts;
  let samples = [];
  let spokenAt = Date.now();
  // Who is told of the end; made when somebody asks.
  let teller;

  const heading = h("h1", { tabindex: -1 }, "Export");
  const badge = h("span", {});
  const card = h("section", { class: "card", "aria-label": "State" }, skeleton(3));
  const rest = h("div", {});
  const told = h("div", {});
  if (!isShared) main.append(link("#/", { class: "button back" }, icon("back"), "Exports"));
  main.append(h("div", { class: "head" }, heading, badge), card, rest, told);
  title("Export");

  const show = (job) => {
    // A repeated state may be older. Times do not show it: workers' clocks differ.
    if (shown && isOpen(job) && (!isOpen(shown) || job.progress.bytesDone < shown.progress.bytesDone)) return;
    const before = shown;
    shown = job;
    tabOf(job);
    if (before?.status !== job.status) {
      draw(job);
      const [word, , words = word] = STATUS[job.status];
      if (before) announce(words);
    }
    if (isOpen(job)) move(job);
    tell(job);
  };

  /** Draws what depends on the status. The focused element may be removed. */
  const draw = (job) => {
    const [word, picture] = STATUS[job.status];
    const hadFocus = card.contains(document.activeElement);
    fill(heading, name(job.filename));
    badge.className = `badge ${job.status}`;
    fill(badge, isOpen(job) ? h("i", {}) : icon(picture), word);
    card.className = `card ${job.status}`;
    fill(card, isOpen(job) ? running() : over(job));
    fill(rest, job.status === "completed" && missing(job), facts(job));
    if (hadFocus) heading.focus();
  };

  const telling = () => (teller ??= import("./tell.js").then(({ tell }) => tell(told, isShared), (error) => {
    teller = undefined;
    throw error;
  }));

  const tell = (job) => {
    if (teller || job.notifications?.length || awaited.has(id)) telling().then(({ show }) => show(job), () => {});
  };

  // While the job runs.

  const running = () => {
    parts = {};
    const part = (name, tag = "span") => (parts[name] = h(tag, { class: name }));
    const stat = (name, label) => h("div", {}, h("dt", {}, label), part(name, "dd"));
    parts.bar = h("div", { class: "bar", role: "progressbar", "aria-label": "Progress", "aria-valuemin": 0, "aria-valuemax": 100 }, part("filled"));
    return [
      h("div", { class: "gauge" }, part("number"), part("left")), parts.bar, part("stage"),
      h("dl", { class: "stats" }, stat("done", "Files"), stat("bytes", "Data"), stat("speed", "Speed")),
      h("div", { class: "foot" }, h("p", {}, `You can close this page. The export goes on, and ${isShared ? "the link that you got" : "this link"} brings you back.`),
        h("div", { class: "actions" }, linkButton(), tellButton(), !isShared && button(cancel, {}, "Cancel"))),
    ];
  };

  const move = ({ status, updatedAt, progress }) => {
    const { percent, currentFile, totalFiles, bytesDone, bytesTotal, etaSeconds, message } = progress;
    const isKnown = bytesTotal > 0;
    const words = isKnown ? `${percent} percent, ${currentFile} of ${files(totalFiles)}` : message;
    say(parts.number, isKnown ? `${percent}%` : STATUS[status][0]);
    say(parts.left, etaSeconds === null ? "" : etaSeconds ? `${duration(etaSeconds)} left` : "almost done");
    say(parts.stage, message);
    say(parts.done, totalFiles ? `${count(currentFile)} of ${count(totalFiles)}` : "–");
    say(parts.bytes, isKnown ? sizeOf(bytesDone, bytesTotal) : "–");
    const speed = speedAt(Date.parse(updatedAt), bytesDone) ?? (etaSeconds && (bytesTotal - bytesDone) / etaSeconds);
    say(parts.speed, speed ? `${size(speed)}/s` : "–");
    parts.bar.classList.toggle("unknown", !isKnown);
    parts.filled.style.width = isKnown ? `${percent}%` : "";
    if (isKnown) parts.bar.setAttribute("aria-valuenow", percent);
    parts.bar.setAttribute("aria-valuetext", words);
    // Not each second: a screen reader would read nothing else.
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

  const cancel = () => ask("Cancel this export?", "What has been built so far is thrown away. The files themselves stay.", "Keep going", "Cancel export", async () => {
    show(await cancelJob(id));
    stop();
  });

  const offer = () => telling().then((made) => made.offer(shown)).catch(() => toast("The server could not be reached."));

  const tellButton = () => (!isShared || globalThis.Notification) && button(offer, { "aria-haspopup": "dialog" }, icon("bell"), "Tell me when it is done");

  const linkButton = () => !isShared && (auth ? button(() => import("./share.js").then(({ share }) => share(id)), {}, "Share…") : button(() => copy(location.href, "Link copied.", "Copy the link from the address bar."), {}, "Copy link"));

  // After the end of the job.

  const over = (job) => {
    const [, picture, words] = STATUS[job.status];
    return [
      h("div", { class: "outcome" }, h("div", { class: "disc" }, icon(picture)), h("div", {}, h("h2", {}, words), h("p", {}, reason(job)))),
      h("div", { class: "actions" }, job.status === "completed" ? [downloadLinkOf(id, { class: "button primary" }, "Download ZIP"), linkButton()]
        : !isShared && [button(retry, { class: "primary" }, "Export again"), link("#/new", {}, "New export")],
      !isShared && button(remove, {}, "Delete")),
    ];
  };

  const reason = ({ status, progress: { percent }, result, error, expiresAt }) => {
    if (status === "completed") return `${files(result.processedFiles)}, ${size(result.fileSize)}. ${result.reusedFrom ? "It was there already, from an earlier export. " : ""}Kept until ${moment(expiresAt)}.`;
    if (status === "failed") return [h("strong", {}, `${error.title}. `), sentence(error.detail)];
    if (status === "cancelled") return percent ? `It was ${percent}% done. Nothing of it is kept.` : "It had not begun.";
    return `It was deleted on ${moment(expiresAt)}. If the files are still there, they can be exported again.`;
  };

  const remove = () => ask("Delete this export?", "Its archive and its share links are deleted. The archive stays while another export of yours has it. The files themselves stay.", "Keep it", "Delete export", async () => {
    await deleteJob(id);
    location.hash = "#/";
    toast("The export was deleted.");
  });

  const retry = async ({ currentTarget }) => {
    card.querySelector(".fault")?.remove();
    currentTarget.disabled = true;
    try {
      location.hash = `#/jobs/${(await retryJob(id)).jobId}`;
    } catch (problem) {
      card.append(fault(problem));
      currentTarget.disabled = false;
    }
  };

  const missing = (job) => {
    const { skipped, missing } = job.result;
    // An older answer has only the missing ones.
    const list = skipped ?? missing?.map((file) => ({ file, reason: "missing" }));
    if (!list && job.isWhole) {
      const left = job.result.totalFiles - job.result.processedFiles;
      return h("section", { class: "missing" }, h("div", { class: "line" }, h("h2", {}, icon("alert"), `${files(left)} left out`)),
        h("p", {}, "They are too many for this page. The manifest at the end of the archive lists them."));
    }
    if (!list) {
      // The list is too long for an event.
      readJob(id).then((whole) => shown === job && draw((shown = { ...whole, isWhole: true })), () => {});
      return false;
    }
    const isPlain = list.every(({ reason }) => reason === "missing");
    const line = (one) => (isPlain ? one.file : `${one.file}\t${why(one)}`);
    return list.length > 0 && h("section", { class: "missing" },
      h("div", { class: "line" }, h("h2", { id: "missing" }, icon("alert"), `${files(list.length)} ${isPlain ? "not found" : "left out"}`),
        button(() => copy(list.map(line).join("\n"), "List copied.", "This browser does not allow it."), {}, "Copy list")),
      h("p", {}, "The archive has everything else, and a manifest.json that lists these too."),
      h("ul", { class: "codes", tabindex: 0, "aria-labelledby": "missing" },
        list.slice(0, MISSING_SHOWN).map((one) => h("li", {}, h("bdi", {}, `${one.file}`), !isPlain && h("span", { class: "why" }, why(one))))),
      list.length > MISSING_SHOWN && h("p", {}, `And ${count(list.length - MISSING_SHOWN)} more: copy the list to see them.`));
  };

  const facts = ({ jobId, status, createdAt, updatedAt }) => {
    const fact = (label, value) => h("div", {}, h("dt", {}, label), h("dd", {}, value));
    const seconds = (Date.parse(updatedAt) - Date.parse(createdAt)) / 1000;
    return h("dl", { class: "facts" }, fact("Started", moment(createdAt)),
      status === "completed" && fact("Took", duration(Math.max(seconds, 1))), fact("Job", h("code", {}, jobId)));
  };

  const gone = () => {
    title("Not found");
    fill(rest);
    fill(card, isShared ? nothing("lock", ...(tickets.has(id) ? REVOKED : AGAIN))
      : nothing("archive", "There is no such export", "The link may be incomplete, or the export was deleted, or is so old that its record is gone.",
        newExport(), link("#/", {}, "All exports")));
    announce(card.querySelector("h2").textContent);
  };

  // A ticket is not kept when the page is loaded again.
  if (isShared && !tickets.has(id)) {
    gone();
    return () => {};
  }
  const stop = follow(id, { show, gone, trouble });
  return () => {
    stop();
    teller?.then((made) => made.stop(), () => {});
  };
}
