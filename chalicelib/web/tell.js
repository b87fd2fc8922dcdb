// Who is told of a job's end: by this browser, by mail, by a webhook. And what came of it.

import { call, jobPath, post, readJob } from "./api.js";
import { announce, button, dialog, english, fault, fill, h, quoted, say, skeleton } from "./dom.js";
import { clock, either, moment, sentence } from "./format.js";
import { isOpen } from "./live.js";
import { awaited } from "./person.js";
import { plain, rich, t } from "./texts.js";

const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 60_000;

/** When it is tried next: only the time, if it is today. */
function next(iso) {
  const then = new Date(iso);
  if (then <= Date.now()) return t("tell.nextNow");
  return t("tell.next", { time: then.toDateString() === new Date().toDateString() ? clock(iso) : moment(iso) });
}

/** What came of a notice. */
function outcome({ status, attempts, nextAttemptAt }, hasEnded) {
  if (status === "pending") return t(hasEnded ? "tell.beingSent" : "tell.whenDone");
  if (status === "sent") return t("tell.sent");
  if (status === "retrying") return [t("tell.retrying", { n: attempts }), nextAttemptAt && next(nextAttemptAt)].filter(Boolean).join(" ");
  if (status === "given-up") return t(attempts ? "tell.givenUpAfter" : "tell.givenUp", { n: attempts });
  if (status === "opted-out") return t("tell.optedOut");
  return sentence(plain(status));
}

function nameOf({ kind, to }) {
  if (!to) return t("tell.ownWebhook");
  return kind === "mail" || kind === "webhook" ? t(`tell.${kind}To`, { to }) : `${plain(kind)}: ${plain(to)}`;
}

/** The words of a refusal, without the name of the field. */
const said = ({ words, quote }) => (quote ? rich("tell.refused", { why: english(quote.replace(/^\W?(url|email): /i, "")) }) : [words]);

/** Shows in `element` who is told. Returns {show, offer, stop}: `show` takes the job after each change. */
export function tell(element, isShared) {
  let job;
  let notices = [];
  let timer;
  let pause = FIRST_PAUSE_MS;
  let drawn = [];
  let left = false;

  const heading = h("h2", { id: "told", tabindex: -1 });
  const list = h("ul", {});
  const section = h("section", { class: "card told", "aria-labelledby": "told" }, heading, list);

  const show = (next) => {
    if (left) return;
    const before = JSON.stringify(notices);
    // An event says nothing of them.
    notices = next.notifications ?? notices;
    const isNews = before !== JSON.stringify(notices);
    if (isNews || isOpen(next)) pause = FIRST_PAUSE_MS;
    job = next;
    draw(isNews);
    watch();
    if (!isOpen(job) && awaited.has(job.jobId)) import("./watch.js").then(({ ended }) => ended(job), () => {});
  };

  const draw = (isNews) => {
    const hasEnded = !isOpen(job);
    const lines = notices.map((notice) => ({ name: nameOf(notice), words: outcome(notice, hasEnded), notice }));
    if (!hasEnded && awaited.has(job.jobId)) lines.unshift({ name: t("tell.browser"), words: `${t("tell.browserWords")} ${t("tell.keepOpen")}` });
    say(heading, t(hasEnded ? "tell.wasTold" : "tell.willBeTold"));
    if (JSON.stringify(lines) === JSON.stringify(drawn)) return;
    const changed = lines.filter(({ name, words }) => drawn.some((line) => line.name === name && line.words !== words));
    drawn = lines;
    const hadFocus = list.contains(document.activeElement);
    fill(list, lines.map(line));
    if (section.isConnected !== lines.length > 0) fill(element, lines.length > 0 && section);
    if (hadFocus) heading.focus();
    if (isNews && changed.length) announce(changed.map(({ name, words }) => `${name}: ${words}`).join(" "));
  };

  const line = ({ name, words, notice }) => h("li", { class: "line" },
    h("div", {}, h("bdi", {}, name), h("div", { class: notice?.status === "given-up" ? "wrong" : "hint" }, words),
      /retrying|given-up/.test(notice?.status) && notice.lastError && quoted(sentence(notice.lastError))),
    notice?.status === "given-up" && resend(notice));

  const resend = ({ kind, to }) => {
    // Of the stack's own webhook only the origin is told, if it has one. It is sent again with all others.
    const isOwn = kind === "webhook" && !/^\w+:\/\/[^/?]+[/?]/.test(to);
    const act = async ({ currentTarget }) => {
      currentTarget.disabled = true;
      try {
        await send(isOwn ? {} : { [kind === "mail" ? "email" : "url"]: to });
        heading.focus();
      } catch (problem) {
        currentTarget.disabled = false;
        currentTarget.focus();
        section.querySelector(".fault")?.remove();
        section.append(fault(problem));
      }
    };
    const key = isOwn ? "tell.sendAll" : "tell.sendAgain";
    return button(act, { "aria-label": t(`${key}Of`, { name: nameOf({ kind, to }) }) }, t(key));
  };

  const send = async (receiver) => {
    const { notifications } = await post(`${jobPath(job.jobId)}/notify`, receiver);
    section.querySelector(".fault")?.remove();
    show({ ...job, notifications });
  };

  /** Looks again what came of it, after the end, while something is to be sent and the tab is visible. */
  const watch = () => {
    clearTimeout(timer);
    timer = undefined;
    if (left || isOpen(job) || !notices.some(({ status }) => status === "pending" || status === "retrying")) return;
    timer = setTimeout(look, pause);
  };

  const look = async () => {
    timer = undefined;
    if (document.visibilityState !== "visible") return;
    const now = JSON.stringify(notices);
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    try {
      const next = await readJob(job.jobId);
      // What was written meanwhile is newer.
      if (now === JSON.stringify(notices)) show(next);
    } catch ({ status, after }) {
      pause = Math.max(pause, after * 1000);
      if (status !== 404) watch();
    }
  };

  const seen = () => job && !timer && watch();
  document.addEventListener("visibilitychange", seen);

  // What is offered.

  const offer = async (next) => {
    show(next);
    const news = h("p", { class: "hint", role: "status" });
    const ways = h("div", {}, !isShared && skeleton(2));
    const browser = await here();
    const box = dialog(t("tell.title"), [browser, ways, news, h("div", { class: "actions" }, button(() => box.close(), {}, t("common.close")))],
      () => document.activeElement === document.body && document.querySelector("h1").focus());
    const load = async () => {
      try {
        const { mail, webhook } = await call("GET", "v1/notifications");
        fill(ways, mail && byMail(mail, news), webhook && byWebhook(webhook, news));
        if (!browser && !ways.firstChild) say(news, t("tell.cannotAny"));
      } catch (problem) {
        fill(ways, fault(problem, button(load, {}, t("common.tryAgain"))));
      }
    };
    if (!isShared) load();
    else if (!browser) say(news, t("tell.cannot"));
  };

  const here = async () => {
    const { awaitEnd, canNotify } = await import("./watch.js");
    if (!canNotify()) return false;
    const hint = h("p", { class: "hint", id: "about-here", role: "status" }, t(Notification.permission === "denied" ? "tell.blocked" : "tell.keepOpen"));
    const refused = (why) => {
      input.checked = false;
      say(hint, why);
    };
    const change = async () => {
      const isWanted = input.checked;
      if (isWanted && !isOpen(job)) return refused(t("tell.ended"));
      const answer = isWanted ? await Notification.requestPermission() : "granted";
      if (answer !== "granted") return refused(t(answer === "denied" ? "tell.blocked" : "tell.unanswered"));
      say(hint, t("tell.keepOpen"));
      awaitEnd(job.jobId, isWanted);
      draw();
    };
    const input = h("input", { type: "checkbox", checked: awaited.has(job.jobId), "aria-describedby": "about-here", onchange: change });
    return h("div", { class: "way choice" }, h("label", {}, input, t("tell.here")), hint);
  };

  const byMail = ({ address, to }, news) => {
    const others = either(to.map((one) => (one.startsWith("@") ? t("tell.anyAt", { host: one.slice(1) }) : plain(one))));
    const own = address && button(async ({ currentTarget }) => {
      currentTarget.disabled = true;
      try {
        await add({ email: address }, news);
      } catch (problem) {
        fill(news, said(problem));
        currentTarget.disabled = false;
      }
    }, { disabled: notices.some((one) => one.kind === "mail" && one.to === address) }, t("tell.mailTo", { to: address }));
    return h("div", { class: "way" }, own,
      to.length > 0 && field("email", t(own ? "tell.mailElse" : "tell.mail"), { type: "email", autocomplete: "email" }, t("tell.mayGo", { others }), news));
  };

  const byWebhook = ({ hosts }, news) => h("details", { class: "way" }, h("summary", {}, t("tell.webhook")),
    field("url", t("tell.url"), { type: "url" }, hosts.join() === "*" ? t("tell.mayGoAnywhere") : t("tell.mayGoTo", { hosts: either(hosts) }), news));

  const add = async (receiver, news) => {
    await send(receiver);
    const [to] = Object.values(receiver);
    const told = notices.find((one) => one.to === to);
    say(news, told ? `${nameOf(told)}: ${outcome(told, !isOpen(job))}` : t("tell.noted"));
  };

  /** A field for one receiver. `key` is its name in the request. The stack judges what is written. */
  const field = (key, label, attributes, about, news) => {
    const wrong = h("p", { class: "wrong", id: `wrong-${key}` });
    const input = h("input", { id: key, spellcheck: "false", autocapitalize: "off", "aria-describedby": `wrong-${key} about-${key}`, ...attributes });
    const refused = (words) => {
      fill(wrong, words);
      input.setAttribute("aria-invalid", "true");
      input.focus();
    };
    const submit = async (event) => {
      event.preventDefault();
      const value = input.value.trim();
      if (!value) return refused(t("tell.empty"));
      const { submitter } = event;
      submitter.disabled = true;
      try {
        await add({ [key]: value }, news);
        input.value = "";
        input.removeAttribute("aria-invalid");
        say(wrong, "");
        input.focus();
      } catch (problem) {
        refused(said(problem));
      }
      submitter.disabled = false;
    };
    return h("form", { novalidate: true, onsubmit: submit }, h("label", { for: key }, label), input, wrong,
      h("div", { class: "line" }, h("p", { class: "hint", id: `about-${key}` }, about), h("button", {}, t(key === "url" ? "tell.addWebhook" : "tell.addAddress"))));
  };

  return {
    show,
    offer,
    stop: () => {
      left = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", seen);
    },
  };
}
