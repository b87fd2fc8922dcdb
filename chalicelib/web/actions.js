// What a person does with one job, where it is shown and in the list.

import { tickets } from "./address.js";
import { cancelJob, deleteJob, downloadLink } from "./api.js";
import { ask, button, copy, icon, link, toast } from "./dom.js";
import { acted } from "./live.js";
import { auth } from "./person.js";
import { t } from "./texts.js";

/** Has the browser begin a download. `of`: {archive}, which of several, or {index}. Raises Problem. */
export async function begin(id, of) {
  const { downloadUrl } = await downloadLink(id, of);
  if (!/^https?:/.test(downloadUrl)) return;
  location.assign(downloadUrl);
}

/** A link. A plain click asks the API first, so that this page shows a refusal. Where a request must
 * say who asks, a link alone leads nowhere: there it is a button, which opens no other tab. */
export function downloadLinkOf(id, { of, ...more }, ...content) {
  const download = async (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const at = event.currentTarget;
    try {
      await begin(id, of);
      toast(t("job.downloading"));
    } catch (problem) {
      // The job, or the ticket for it, is gone: the view looks again, and says so.
      if (problem.status === 404 || (problem.status === 401 && tickets.has(id))) dispatchEvent(new Event("hashchange"));
      else if (problem.status !== 410 || at.dispatchEvent(new Event("gone", { cancelable: true }))) toast(problem.words);
    }
  };
  if (auth || tickets.has(id)) return button(download, more, icon("download"), content);
  return link(`v1/export/${id}/download?redirect=true${of ? `&${new URLSearchParams(of)}` : ""}`, { onclick: download, ...more }, icon("download"), content);
}

/** Asks, and cancels. `done` takes the job as it is then. */
export const askToCancel = ({ jobId, filename }, done) => ask(t("job.askCancel", { name: filename }), t("job.askCancelWords"), t("job.keepGoing"), t("job.yesCancel"), async () => {
  const job = await cancelJob(jobId);
  acted(jobId);
  done(job);
});

/** Asks, and deletes. */
export const askToDelete = ({ jobId, status, filename }, done) =>
  ask(t("job.askDelete", { name: filename }), t(status === "completed" ? "job.askDeleteWords" : "job.askDeleteNone"), t("job.keep"), t("job.yesDelete"), async () => {
    await deleteJob(jobId);
    acted(jobId);
    done();
    toast(t("job.deleted"));
  });

export const copyLinkOf = (id) => copy(new URL(`#/jobs/${id}`, location.href).href, t("job.linkCopied"), t("job.copyYourself"));
