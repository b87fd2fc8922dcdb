// Links by which others see one job, and download its archive, for a time.

import { call, jobPath, post } from "./api.js";
import { button, copy, dialog, fault, fill, h, say, skeleton } from "./dom.js";
import { moment } from "./format.js";
import { auth } from "./person.js";
import { t } from "./texts.js";

const HOUR = 3600;
const DAY = 24 * HOUR;
const MOST_DAYS = 7; // the default of SHARE_MAX_DAYS

export function share(id) {
  const path = `${jobPath(id)}/shares`;
  const most = (auth?.shareMaxDays ?? MOST_DAYS) * DAY;
  const times = [[HOUR, t("share.hours", { n: 1 })], ...[1, 7, 30].map((n) => [n * DAY, t("share.days", { n })])];
  let newest; // the id of the link that is shown
  const made = h("div", { class: "made" });
  const live = h("div", {}, skeleton(1));
  const news = h("p", { class: "hint", role: "status" });

  const form = h("form", { onsubmit: (event) => make(event) },
    h("fieldset", { class: "chips" }, h("legend", {}, t("share.howLong")),
      times.filter(([seconds]) => seconds <= most).map(([seconds, words]) => h("label", {},
        h("input", { type: "radio", name: "seconds", value: seconds, checked: seconds === DAY }), h("span", {}, words)))),
    h("button", { class: "primary" }, t("share.make")));

  const make = async (event) => {
    event.preventDefault();
    const { submitter } = event;
    submitter.disabled = true;
    try {
      const { id: own, url } = await post(path, { expiresIn: Number(form.elements.seconds.value) });
      const link = h("input", { id: "link", readonly: true, value: url, "aria-describedby": "about-link", onfocus: () => link.select() });
      fill(made, h("label", { for: "link" }, t("share.newLink")), link,
        h("div", { class: "line" }, h("p", { class: "hint", id: "about-link" }, t("share.once")),
          button(() => copy(url, t("share.copied"), t("share.copyYourself"), (words) => say(news, words)), {}, t("share.copy"))));
      newest = own;
      link.focus();
      load();
    } catch (problem) {
      fill(made, fault(problem));
    }
    submitter.disabled = false;
  };

  const load = async () => {
    try {
      const { shares } = await call("GET", path);
      fill(live, shares.length ? h("ul", { class: "shares", "aria-label": t("share.live") }, shares.map(line))
        : h("p", { class: "hint" }, t("share.none")));
    } catch (problem) {
      fill(live, fault(problem, button(load, {}, t("common.tryAgain"))));
    }
  };

  const line = (shared) => {
    const [from, until] = [moment(shared.createdAt), moment(shared.expiresAt)];
    const revoke = async ({ currentTarget }) => {
      currentTarget.disabled = true;
      try {
        await call("DELETE", `${path}/${encodeURIComponent(shared.id)}`);
        say(news, t("share.revoked"));
        if (shared.id === newest) fill(made);
        await load();
        heading.focus();
      } catch (problem) {
        say(news, problem.words);
        load();
      }
    };
    return h("li", { class: "line" }, h("div", {}, t("share.until", { until }), h("p", { class: "hint" }, t("share.made", { from }))),
      button(revoke, { "aria-label": t("share.revokeOf", { until }) }, t("share.revoke")));
  };

  const heading = h("h3", { tabindex: -1 }, t("share.live"));
  const box = dialog(t("share.title"), [
    h("p", {}, t("share.words")),
    form, made, heading, live, news, h("div", { class: "actions" }, button(() => box.close(), {}, t("common.close")))]);
  load();
}
