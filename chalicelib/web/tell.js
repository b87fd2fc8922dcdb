// Who is told of a job's end: by this browser, by mail, by a webhook. And what came of it.

import { call, jobPath, post, readJob } from "./api.js";
import { announce, button, dialog, fault, fill, h, say, skeleton } from "./dom.js";
import { moment, sentence } from "./format.js";
import { isOpen } from "./live.js";
import { awaited } from "./person.js";

const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 60_000;

const KEEP_OPEN = "Keep this tab open, it may be in the background.";
const BLOCKED = "This browser blocks notifications of this page. Open the site's settings, beside the address, and allow them. Then tick this again.";
const UNANSWERED = "Tick this again, and answer the browser's question.";
const ENDED = "The export has ended already.";
const CANNOT = "This browser cannot notify you here.";

const KINDS = { mail: "Mail", webhook: "Webhook" };

const times = (number) => ["once", "twice"][number - 1] ?? `${number} times`;

const tries = (number) => (number === 1 ? "1 try" : `${number} tries`);

/** "at 14:02"; on another day, with the date. */
function at(iso) {
  const then = new Date(iso);
  if (then <= Date.now()) return "now";
  return `at ${then.toDateString() === new Date().toDateString() ? moment(iso).split(", ")[1] : moment(iso)}`;
}

/** What came of a notice. */
function outcome({ status, attempts, lastError, nextAttemptAt }, hasEnded) {
  const why = lastError ? ` (${lastError})` : "";
  if (status === "pending") return hasEnded ? "Being sent…" : "When it is done.";
  if (status === "sent") return "Sent.";
  if (status === "retrying") return `Failed ${times(attempts)}${nextAttemptAt ? `, next try ${at(nextAttemptAt)}` : ""}${why}.`;
  if (status === "given-up") return `Not sent: given up${attempts ? ` after ${tries(attempts)}` : ""}${why}.`;
  if (status === "opted-out") return "Not sent: this address asked for no more mail from here.";
  return sentence(status);
}

const nameOf = ({ kind, to }) => (to ? `${KINDS[kind] ?? kind} to ${to}` : "Webhook of this service");

/** The words of a refusal, without the name of the field. */
const said = ({ words }) => words.replace(/^\W?(url|email): /i, "Not taken: ");

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
    if (!hasEnded && awaited.has(job.jobId)) lines.unshift({ name: "This browser", words: `A notification when it is done. ${KEEP_OPEN}` });
    say(heading, hasEnded ? "Who was told" : "Who will be told");
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
    h("div", {}, h("bdi", {}, name), h("div", { class: notice?.status === "given-up" ? "wrong" : "hint" }, words)),
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
    const label = isOwn ? "Send all again" : "Send again";
    return button(act, { "aria-label": `${label}: ${nameOf({ kind, to })}` }, label);
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
    const box = dialog("Tell me when it is done", [browser, ways, news, h("div", { class: "actions" }, button(() => box.close(), {}, "Close"))],
      () => document.activeElement === document.body && document.querySelector("h1").focus());
    const load = async () => {
      try {
        const { mail, webhook } = await call("GET", "v1/notifications");
        fill(ways, mail && byMail(mail, news), webhook && byWebhook(webhook, news));
        if (!browser && !ways.firstChild) say(news, `${CANNOT} Nor does this service send mail or webhooks.`);
      } catch (problem) {
        fill(ways, fault(problem, button(load, {}, "Try again")));
      }
    };
    if (!isShared) load();
    else if (!browser) say(news, CANNOT);
  };

  const here = async () => {
    const { awaitEnd, canNotify } = await import("./watch.js");
    if (!canNotify()) return false;
    const hint = h("p", { class: "hint", id: "about-here", role: "status" }, Notification.permission === "denied" ? BLOCKED : KEEP_OPEN);
    const refused = (why) => {
      input.checked = false;
      say(hint, why);
    };
    const change = async () => {
      const isWanted = input.checked;
      if (isWanted && !isOpen(job)) return refused(ENDED);
      const answer = isWanted ? await Notification.requestPermission() : "granted";
      if (answer !== "granted") return refused(answer === "denied" ? BLOCKED : UNANSWERED);
      say(hint, KEEP_OPEN);
      awaitEnd(job.jobId, isWanted);
      draw();
    };
    const input = h("input", { type: "checkbox", checked: awaited.has(job.jobId), "aria-describedby": "about-here", onchange: change });
    return h("div", { class: "way choice" }, h("label", {}, input, "A notification of this browser"), hint);
  };

  const byMail = ({ address, to }, news) => {
    const others = to.map((one) => (one.startsWith("@") ? `any at ${one.slice(1)}` : one)).join(", ");
    const own = address && button(async ({ currentTarget }) => {
      currentTarget.disabled = true;
      try {
        await add({ email: address }, news);
      } catch (problem) {
        say(news, said(problem));
        currentTarget.disabled = false;
      }
    }, { disabled: notices.some((one) => one.kind === "mail" && one.to === address) }, `Mail to ${address}`);
    return h("div", { class: "way" }, own,
      to.length > 0 && field("email", own ? "Mail to another address" : "Mail to", { type: "email", autocomplete: "email" }, `It may go to: ${others}.`, news));
  };

  const byWebhook = ({ hosts }, news) => h("details", { class: "way" }, h("summary", {}, "For developers: a webhook"),
    field("url", "URL of the receiver", { type: "url" }, `Signed as Standard Webhooks has it. It may go to: ${hosts.join(", ").replace(/^\*$/, "any host")}.`, news));

  const add = async (receiver, news) => {
    await send(receiver);
    const [to] = Object.values(receiver);
    const told = notices.find((one) => one.to === to);
    say(news, told ? `${nameOf(told)}: ${outcome(told, !isOpen(job))}` : "It is noted.");
  };

  /** A field for one receiver. `key` is its name in the request. The stack judges what is written. */
  const field = (key, label, attributes, about, news) => {
    const wrong = h("p", { class: "wrong", id: `wrong-${key}` });
    const input = h("input", { id: key, spellcheck: "false", autocapitalize: "off", "aria-describedby": `wrong-${key} about-${key}`, ...attributes });
    const refused = (words) => {
      say(wrong, words);
      input.setAttribute("aria-invalid", "true");
      input.focus();
    };
    const submit = async (event) => {
      event.preventDefault();
      const value = input.value.trim();
      if (!value) return refused("Fill this in first.");
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
      h("div", { class: "line" }, h("p", { class: "hint", id: `about-${key}` }, about), h("button", {}, `Add ${key === "url" ? "webhook" : "address"}`)));
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
