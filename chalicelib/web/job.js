// One job: how far it is, how it ended, and what can be done with it.

import { askToCancel, askToDelete, copyLinkOf, downloadLinkOf } from "./actions.js";
import { tickets } from "./address.js";
import { readJob } from "./api.js";
import { announce, button, fault, fill, h, icon, link, name, newExport, nothing, quoted, skeleton, toast, trouble, unloaded } from "./dom.js";
import { duration, files, moment, size } from "./format.js";
import { gauge } from "./gauge.js";
import { leftOut, leftOutSection } from "./leftout.js";
import { acted, follow, heard, isOpen } from "./live.js";
import { auth, awaited } from "./person.js";
import { inWords } from "./problems.js";
import { STATUS } from "./states.js";
import { tabOf, title } from "./tab.js";
import { plain, t } from "./texts.js";

/** `isShared`: it was opened by a share link, and is shown to whom it does not belong. */
export function job(main, id, isShared) {
  // The job that the page shows.
  let shown;
  // Who is told of the end; made when somebody asks.
  let teller;
  let isRenamed = false;
  const progress = gauge();

  const heading = h("h1", { tabindex: -1 }, t("job.title"));
  const pen = button(() => rename(), { class: "pen", hidden: true, "aria-label": t("job.rename"), title: t("job.rename") }, icon("pen"));
  const badge = h("span", {});
  const card = h("section", { class: "card", "aria-label": t("job.state") }, skeleton(3));
  const rest = h("div", {});
  const told = h("div", {});
  if (!isShared) main.append(link("#/", { class: "button back" }, icon("back"), t("job.back")));
  main.append(h("div", { class: "head" }, h("div", { class: "named" }, heading, pen), badge), card, rest, told);
  title(t("job.title"));

  const show = (job) => {
    // A repeated state may be older. Times do not show it: workers' clocks differ.
    if (shown && isOpen(job) && (!isOpen(shown) || job.progress.bytesDone < shown.progress.bytesDone)) return;
    const before = shown;
    shown = job;
    tabOf(job);
    if (before?.filename !== job.filename) fill(heading, name(job.filename));
    if (before?.status !== job.status) {
      draw(job);
      const [word, , words = word] = STATUS[job.status];
      if (before) announce(words);
      // It may be new to the other windows, and it may have ended.
      acted(id);
    }
    if (isOpen(job)) progress.move(job);
    tell(job);
  };

  /** Draws what depends on the status. The focused element may be removed. */
  const draw = (job) => {
    const [word, picture] = STATUS[job.status];
    const hadFocus = card.contains(document.activeElement);
    pen.hidden = isShared || isRenamed;
    badge.className = `badge ${job.status}`;
    fill(badge, isOpen(job) ? h("i", {}) : icon(picture), word);
    card.className = `card ${job.status}`;
    fill(card, isOpen(job) ? running() : over(job));
    fill(rest, ["completed", "failed"].includes(job.status) && filesLeftOut(job), facts(job));
    if (hadFocus) heading.focus();
  };

  const telling = () => (teller ??= import("./tell.js").then(({ tell }) => tell(told, isShared), (error) => {
    teller = undefined;
    throw error;
  }));

  const tell = (job) => {
    if (teller || job.notifications?.length || awaited.has(id)) telling().then(({ show }) => show(job), () => {});
  };

  const rename = async () => {
    pen.disabled = true;
    try {
      const { renaming } = await import("./mend.js");
      isRenamed = true;
      const end = () => {
        isRenamed = false;
        form.element.remove();
        heading.classList.remove("unseen");
        pen.hidden = false;
        pen.focus();
      };
      const form = renaming(shown, (job) => {
        end();
        show(job);
        toast(t("mend.renamed"));
      }, end);
      pen.hidden = true;
      heading.classList.add("unseen");
      heading.after(form.element);
      form.start();
    } catch {
      toast(t("job.unreachable"));
    }
    pen.disabled = false;
  };

  // While the job runs.

  const running = () => [
    ...progress.draw(),
    h("div", { class: "foot" }, h("p", {}, t(isShared ? "job.closeShared" : "job.closeThis")),
      h("div", { class: "actions" }, linkButton(), tellButton(), !isShared && button(cancel, {}, t("job.cancel")))),
  ];

  const cancel = () => askToCancel(shown, (job) => {
    show(job);
    stop();
  });

  const offer = () => telling().then((made) => made.offer(shown)).catch(() => toast(t("job.unreachable")));

  const tellButton = () => (!isShared || globalThis.Notification) && button(offer, { "aria-haspopup": "dialog" }, icon("bell"), t("job.tell"));

  const linkButton = () => !isShared && (auth ? button(() => import("./share.js").then(({ share }) => share(id)), {}, t("job.share")) : button(() => copyLinkOf(id), {}, t("job.copyLink")));

  // After the end of the job.

  const over = (job) => {
    const [, picture, words] = STATUS[job.status];
    const { error } = job;
    // The list of the files says more, if there is one.
    const quote = error && !error.affected?.length && inWords(error).quote;
    const actions = h("div", { class: "actions" });
    const remove = !isShared && button(() => askToDelete(job, () => (location.hash = "#/")), {}, t("job.delete"));
    const list = job.archives > 1 && h("div", {});
    if (job.status === "completed") {
      const { format = "zip" } = job;
      const put = (first) => fill(actions, first, linkButton(), remove);
      put(!list && downloadLinkOf(id, { class: "button primary", ongone: vanished }, t("job.download", { format: format.toUpperCase() })));
      if (list) several().then(({ all, list: made }) => {
        put(all);
        fill(list, made);
      }, () => fill(list, unloaded()));
    } else if (!isShared) mends(job).then((buttons) => fill(actions, buttons, remove));
    return [
      h("div", { class: "outcome" }, h("div", { class: "disc" }, icon(picture)), h("div", {}, h("h2", {}, words), h("p", {}, reason(job)), quoted(quote))),
      list, actions,
    ];
  };

  const several = async () => (await import("./archives.js")).archives(id, vanished);

  /** The archive has expired since it was shown, or somebody has deleted it. */
  const vanished = (event) => {
    event?.preventDefault();
    show({ ...shown, status: "expired", expiresAt: undefined });
  };

  const reason = ({ status, progress: { percent }, result, error, expiresAt }) => {
    const until = { moment: expiresAt && moment(expiresAt) };
    if (status === "completed") return t(result.reusedFrom ? "job.readyBefore" : "job.ready", { files: files(result.processedFiles), size: size(result.fileSize), ...until });
    if (status === "failed") return [h("strong", {}, plain(inWords(error).title)), h("br", {}), plain(inWords(error).words)];
    if (status === "cancelled") return percent ? t("job.cancelledAt", { n: percent }) : t("job.cancelledEarly");
    return expiresAt ? t("job.expiredOn", until) : t("problems.expired.words");
  };

  /** What can be done about a job without an archive. */
  const mends = async (job) => {
    try {
      const { startAgain, ways } = await import("./mend.js");
      const start = async ({ currentTarget }, changes) => {
        card.querySelector(".fault")?.remove();
        currentTarget.disabled = true;
        try {
          location.hash = `#/jobs/${await startAgain(job, changes)}`;
        } catch (problem) {
          card.append(fault(problem));
          currentTarget.disabled = false;
          currentTarget.focus();
        }
      };
      return ways(job).map(({ words, href, changes }, i) => {
        const more = { class: i ? "button" : "button primary" };
        return href ? link(href, more, words) : button((event) => start(event, changes), more, words);
      });
    } catch {
      return [newExport()];
    }
  };

  /** Shows which files are left out. A list that is too long for an event is read with the whole job. */
  const filesLeftOut = (job) => {
    const { number, list } = leftOut(job);
    if (!number || list || job.isWhole) return leftOutSection(job);
    readJob(id).then((whole) => shown === job && draw((shown = { ...whole, isWhole: true })), () => {});
    return false;
  };

  const facts = ({ jobId, status, filename, createdAt, updatedAt, result }) => {
    const fact = (label, value) => h("div", {}, h("dt", {}, label), h("dd", {}, value));
    const seconds = (Date.parse(updatedAt) - Date.parse(createdAt)) / 1000;
    return h("dl", { class: "facts" }, fact(t("job.started"), moment(createdAt)),
      status === "completed" && fact(t("job.took"), duration(Math.max(seconds, 1))), fact(t("job.id"), h("code", {}, jobId)),
      result?.indexUrl && fact(t("job.index"), downloadLinkOf(id, { class: "button plain", of: { index: true } }, name(`${filename}.index.csv`))));
  };

  const gone = () => {
    const why = !isShared ? "gone" : tickets.has(id) ? "revoked" : "openAgain";
    title(t("job.notFound"));
    fill(heading, t("job.title"));
    pen.hidden = true;
    badge.hidden = true;
    fill(rest);
    told.hidden = true;
    fill(card, nothing(isShared ? "lock" : "archive", t(`job.${why}`), t(`job.${why}Words`), !isShared && [newExport(), link("#/", {}, t("job.all"))]));
    announce(card.querySelector("h2").textContent);
  };

  // A ticket is not kept when the page is loaded again.
  if (isShared && !tickets.has(id)) {
    gone();
    return () => {};
  }
  const stop = follow(id, { show, gone, trouble });
  // Another window has renamed or deleted it.
  const unheard = heard((changed) => {
    if (changed === id && shown && !isOpen(shown)) readJob(id).then(show, ({ status }) => status === 404 && gone());
  });
  return () => {
    stop();
    unheard();
    teller?.then((made) => made.stop(), () => {});
  };
}
