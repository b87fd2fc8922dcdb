// <longhaul-export>: a button that becomes progress, and then a download.
//
// It keeps what it needs to go on after a reload (memory.ts), and asks for one export once:
// the Idempotency-Key is kept before the request is sent.

import { type Answer, Connection, retryAfter, type Token } from "../connection.js";
import { type Asked, nameOf, requestOf, type Selection, signed, subjectOf } from "./asked.js";
import { type Kept, Memory, type Place } from "./memory.js";
import { whyOf } from "./problems.js";
import { type Texts, wordsOf } from "./texts.js";
import { type Acts, type Shown, type State, view } from "./view.js";
import { LonghaulError, mayPass, slugOf } from "../errors.js";
import { backoff, pause } from "../pauses.js";
import type { Download, ExportAccepted, ExportRequest, Job } from "../types.js";

const TRIES = 5; // of a request that makes or ends something; after that, the person may try again
const ANOTHER_TAB_MS = 8_000; // for as long, the tab that has begun is left to get its answer
const FRESH_MS = 30_000; // a link that ends sooner is asked for again
const HOLD_SECONDS = 20; // the API holds a request as long as it likes, but no longer than this
const TIMER_MAX = 2 ** 31 - 1;

/** The events, by name. None has a ticket. */
export interface LonghaulExportEventMap {
  "longhaul-start": CustomEvent<{ job: Omit<ExportAccepted, "ticket" | "ticketExpiresAt"> }>;
  "longhaul-progress": CustomEvent<{ job: Job }>;
  /** Without a job if it was cancelled before there was one. */
  "longhaul-end": CustomEvent<{ job: Job | undefined }>;
  "longhaul-error": CustomEvent<{ error: unknown }>;
}

// Where pages are rendered on a server there are no elements: the module can be loaded all the same.
const Base = globalThis.HTMLElement ?? (class {} as typeof HTMLElement);

export class LonghaulExport extends Base {
  static readonly observedAttributes = ["api", "selection-url", "file-ids", "keys", "prefix", "filename", "lang", "dir", "storage", "disabled"];

  /** Texts of the page's own, by language: `LonghaulExport.texts.sv = { download: "Hämta" }`. What is
   * not there is said in our words, in English for a language that we do not have. */
  static texts: Record<string, Partial<Texts>> = {};

  #selection: Selection | undefined;
  #request: ExportRequest | undefined;
  #token: Token | undefined;
  #job: Job | undefined;
  #state: State = "idle";
  #name: string | undefined;
  #memory: Memory | undefined;
  #running: AbortController | undefined;
  #isWanted = false; // somebody has clicked here, and waits for the download
  #isChanging = false;
  #trouble: keyof Texts | undefined;
  #isCancelling = false;
  #isOld = false;
  #isSent = false; // the request that makes the job
  #href = "";
  #hrefUntil = 0;
  #error: LonghaulError | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #view: ReturnType<typeof view> | undefined;
  #languages: MutationObserver | undefined;

  /** A selection that your backend has signed, or a function that returns one. */
  get selection(): Selection | undefined {
    return this.#selection;
  }
  set selection(value) {
    this.#selection = value ?? undefined;
    this.#changed();
  }

  /** What to export, as the API takes it, in place of the attributes. */
  get request(): ExportRequest | undefined {
    return this.#request;
  }
  set request(value) {
    this.#request = value ?? undefined;
    this.#changed();
  }

  /** The bearer token of the person, or a function that returns it, where people sign in. */
  get token(): Token | undefined {
    return this.#token;
  }
  set token(value) {
    this.#token = value ?? undefined;
  }

  /** The job as it was seen last. It has no ticket. */
  get job(): Job | undefined {
    return this.#job;
  }

  get state(): State {
    return this.#state;
  }

  /** Exports, as a click on the button does. Does nothing while an export runs. */
  start(): void {
    if (this.#isBusy || this.hasAttribute("disabled")) return;
    this.#setUp();
    this.#isWanted = true;
    const { kept } = this.#memory!;
    // What nobody has answered is asked again, as the same request.
    this.#run(kept && !kept.jobId ? kept : { key: crypto.getRandomValues(new Uint32Array(4)).join("-") });
  }

  /** The same again, after a failure. */
  retry(): void {
    this.start();
  }

  /** Cancels the export that runs. */
  cancel(): void {
    if (this.#isBusy && !this.#isCancelling) void this.#cancel();
  }

  /** Forgets the export, and shows the button. The export itself goes on. */
  reset(): void {
    this.#stop();
    this.#memory?.keep();
    this.#show("idle", { job: undefined });
  }

  override focus(options?: FocusOptions): void {
    (this.shadowRoot?.querySelector<HTMLElement>(":is(button, a, [tabindex]):not([hidden], [hidden] *)") ?? this).focus(options);
  }

  connectedCallback(): void {
    if (!this.#view) {
      const acts: Acts = { start: () => this.start(), cancel: () => this.cancel(), download: (event) => this.#download(event) };
      this.#view = view(this.shadowRoot ?? this.attachShadow({ mode: "open" }), acts);
      this.shadowRoot!.addEventListener("slotchange", () => this.#draw());
    }
    this.#languages ??= new MutationObserver(() => this.#draw());
    this.#languages.observe(document.documentElement, { attributes: true, attributeFilter: ["lang", "dir"] });
    // One that was only moved goes on.
    if (!this.#running) this.#changed();
    this.#draw();
  }

  disconnectedCallback(): void {
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.#languages?.disconnect();
      this.#stop();
      this.#memory?.close();
      this.#memory = undefined;
      this.#name = undefined;
    });
  }

  attributeChangedCallback(name: string): void {
    if (["lang", "dir", "disabled"].includes(name)) this.#draw();
    else this.#changed();
  }

  get #isBusy(): boolean {
    return this.#state === "starting" || this.#state === "running";
  }

  get #asked(): Asked {
    const url = this.getAttribute("selection-url");
    const isOfPage = this.#selection !== undefined;
    return {
      selection: this.#selection,
      selectionUrl: isOfPage || url === null ? undefined : new URL(url, document.baseURI).href,
      request: isOfPage || url !== null ? undefined : (this.#request ?? requestOf((name) => this.getAttribute(name))),
      place: this.id && location.pathname + location.search + "#" + this.id,
    };
  }

  get #api(): string {
    // The script that the stack serves knows where it came from.
    return new URL(this.getAttribute("api") ?? new URL(".", import.meta.url), document.baseURI).href.replace(/\/+$/, "");
  }

  /** Several attributes change one after the other: what they say in the end counts. */
  #changed(): void {
    if (this.#isChanging || !this.isConnected) return;
    this.#isChanging = true;
    queueMicrotask(() => {
      this.#isChanging = false;
      if (this.isConnected) this.#setUp();
    });
  }

  /** Takes up what was kept of the export that is asked for now, unless it is the same as before. */
  #setUp(): void {
    let name: string | undefined;
    try {
      name = nameOf(this.#asked);
    } catch (error) {
      this.#fail(error);
    }
    const place = (this.getAttribute("storage") ?? "session") as Place;
    const whole = JSON.stringify([this.#api, name]);
    if (this.#memory && this.#name === whole + place) return;
    this.#stop();
    this.#memory?.close();
    this.#name = whole + place;
    if (this.#state !== "idle") this.#show("idle", { job: undefined });
    this.#memory = new Memory(whole, name === undefined ? "none" : place, (kept) => this.#heard(kept));
    if (this.#memory.kept) this.#run(this.#memory.kept, 0);
  }

  /** Another tab has started this export, or says what it knows of it. */
  #heard(kept: Kept): void {
    const own = this.#memory!.kept;
    const isSame = own?.key === kept.key;
    if (isSame && (own.jobId || !kept.jobId)) return;
    // Both have started at once: one of them gives way.
    if (!isSame && this.#isBusy && (own?.jobId || kept.key > (own?.key ?? ""))) return;
    this.#memory!.keep(kept, false);
    this.#run(kept, kept.jobId ? 0 : ANOTHER_TAB_MS);
  }

  #stop(): void {
    this.#running?.abort();
    this.#running = undefined;
    clearTimeout(this.#timer);
  }

  /** Makes the export, or goes on with it, to its end. */
  #run(kept: Kept, delay?: number): void {
    this.#stop();
    const running = (this.#running = new AbortController());
    const { signal } = running;
    const isResumed = delay !== undefined;
    this.#isCancelling = this.#isSent = false;
    this.#isOld = isResumed;
    this.#trouble = this.#error = this.#cancelNow = this.#link = undefined;
    this.#show("starting", { job: undefined });
    const connection = new Connection({ url: this.#api, ...(this.#token && { token: this.#token }) });
    const go = async () => {
      if (delay) await pause(delay, signal);
      if (isResumed && kept.sub !== undefined && !(await this.#isStillTheirs(kept, signal))) return this.reset();
      const jobId = kept.jobId ?? (await this.#begin(connection, kept, signal));
      if (!jobId) return;
      if (kept.ticket) connection.tickets.set(jobId, kept.ticket);
      await this.#follow(connection, jobId, signal);
    };
    go().catch((error: unknown) => {
      if (signal.aborted) return;
      const isGone = error instanceof LonghaulError && kept.jobId && [401, 403, 404, 410].includes(error.status);
      // Nobody knows whether a request that got no answer was taken. It is kept, to be sent again.
      if (isGone || !(error instanceof LonghaulError && mayPass(error))) this.#memory?.keep();
      if (!isGone) this.#fail(error);
      else if (isResumed && !this.#job) this.reset();
      else this.#fail(error, "expired");
    });
  }

  /** Whether the person who is here now may have what was kept: somebody else may have signed in. */
  async #isStillTheirs(kept: Kept, signal: AbortSignal): Promise<boolean> {
    try {
      const selection = await this.#patiently(() => signed(this.#asked, signal), signal, Infinity);
      return selection !== undefined && subjectOf(selection) === kept.sub;
    } catch (error) {
      if (signal.aborted) throw error;
      return false;
    }
  }

  /** Sends the request. Returns the job's id; undefined if it was cancelled meanwhile. */
  async #begin(connection: Connection, kept: Kept, signal: AbortSignal): Promise<string | undefined> {
    const isKept = kept.selection !== undefined;
    kept.selection ??= await this.#patiently(() => signed(this.#asked, signal), signal);
    for (let isSecond = !isKept; ; isSecond = true) {
      if (kept.selection !== undefined) kept.sub = subjectOf(kept.selection);
      this.#memory?.keep(kept);
      const body = kept.selection === undefined ? this.#asked.request : { selection: kept.selection };
      if (!body) throw new TypeError("longhaul-export: nothing says what to export");
      try {
        const headers = { "Idempotency-Key": kept.key };
        this.#isSent = true;
        const send = () => connection.ask({ method: "POST", path: "v1/export", body, headers, signal, isAnonymous: !!kept.selection && !this.#token });
        const { ticket, ticketExpiresAt, ...job } = (await this.#patiently(send, signal)).body as ExportAccepted;
        const { key, sub } = kept;
        delete kept.selection;
        Object.assign(kept, { key, sub, jobId: job.jobId, ticket, ends: ticketExpiresAt && Date.parse(ticketExpiresAt) });
        this.#memory?.keep(kept);
        if (ticket) connection.tickets.set(job.jobId, ticket);
        this.#emit("longhaul-start", { job });
        return job.jobId;
      } catch (error) {
        // It was kept over a reload, and has ended since. Another one is the same request.
        if (isSecond || !(error instanceof LonghaulError) || error.status !== 401) throw error;
        kept.selection = await this.#patiently(() => signed(this.#asked, signal), signal);
      }
    }
  }

  async #follow(connection: Connection, jobId: string, signal: AbortSignal): Promise<void> {
    const path = `v1/export/${encodeURIComponent(jobId)}`;
    this.#cancelNow = async () => {
      const { body } = await this.#patiently(() => connection.ask({ method: "DELETE", path: `${path}?only=open`, job: jobId, signal }), signal);
      return body as Job;
    };
    if (this.#isCancelling) return this.#ended(await this.#cancelNow());
    this.#link = async () => {
      const { body } = await this.#patiently(() => connection.ask({ path: `${path}/download`, job: jobId, signal }), signal, Infinity);
      const { downloadUrl, expiresIn } = body as Download;
      if (!/^https?:/.test(downloadUrl)) throw new TypeError("longhaul-export: the link is no link");
      this.#href = downloadUrl;
      this.#hrefUntil = Date.now() + expiresIn * 1000 - FRESH_MS;
    };
    for (let etag: string | null = null; ; ) {
      const headers: Record<string, string> = { Prefer: `wait=${HOLD_SECONDS}`, ...(etag && { "If-None-Match": etag }) };
      const answer: Answer = await this.#patiently(() => connection.ask({ path, job: jobId, headers, signal }), signal, Infinity);
      const job = answer.body as Job | undefined; // none: nothing is new
      etag = answer.headers.get("ETag");
      if (job && !isOpen(job)) {
        if (job.status === "completed") await this.#link();
        return this.#ended(job);
      }
      if (job) {
        this.#show("running", { job });
        this.#isOld = false;
        this.#emit("longhaul-progress", { job });
      }
      if (job || !answer.headers.has("Preference-Applied")) await pause((retryAfter(answer) ?? 1) * 1000, signal);
    }
  }

  #cancelNow: (() => Promise<Job>) | undefined;
  #link: (() => Promise<void>) | undefined;

  #ended(job: Job): void {
    const { status } = job;
    if (status === "cancelled" || status === "expired") this.#memory?.keep();
    this.#show(status === "completed" ? "ready" : (status as State), { job });
    this.#emit("longhaul-end", { job });
    if (status !== "completed") return;
    const left = Date.parse(job.expiresAt) - Date.now();
    this.#timer = setTimeout(() => this.#ended({ ...job, status: "expired" }), Math.min(Math.max(left, 0), TIMER_MAX));
    if (this.#isWanted) this.#startDownload();
  }

  /** Starts the download once, when the person is there. */
  #startDownload(): void {
    this.#isWanted = false;
    const { signal } = this.#running!;
    const start = () => {
      if (document.visibilityState !== "visible") return;
      document.removeEventListener("visibilitychange", start);
      this.#view?.link.click();
    };
    document.addEventListener("visibilitychange", start, { signal });
    start();
  }

  /** The link is good for some minutes: later, another one is asked for first. */
  #download(event: Event): void {
    if (Date.now() < this.#hrefUntil || !this.#link) return;
    event.preventDefault();
    this.#link().then(
      () => {
        this.#draw();
        this.#view?.link.click();
      },
      (error: unknown) => {
        if (this.#running?.signal.aborted) return;
        this.#memory?.keep();
        this.#fail(error, "expired");
      },
    );
  }

  async #cancel(): Promise<void> {
    const { signal } = this.#running!;
    this.#isCancelling = true;
    this.#draw();
    // While a request is on its way, its answer says what to cancel.
    if (!this.#isSent || this.#trouble) this.#drop();
    if (!this.#cancelNow) return;
    try {
      const job = await this.#cancelNow();
      this.#stop();
      this.#ended(job);
    } catch (error) {
      if (signal.aborted) return;
      this.#isCancelling = false;
      this.#draw();
      // It has just ended: who follows it will say so.
      if (!(error instanceof LonghaulError) || error.slug !== "already-ended") this.#emit("longhaul-error", { error });
    }
  }

  /** Cancels what may not even have begun. If a job was made all the same, nobody waits for it. */
  #drop(): void {
    if (this.#memory?.kept?.jobId) return;
    this.#stop();
    this.#memory?.keep();
    this.#show("cancelled");
    this.#emit("longhaul-end", { job: undefined });
  }

  /** Repeats what fails in a way that may pass, and says so meanwhile. */
  async #patiently<T>(ask: () => Promise<T>, signal: AbortSignal, tries = TRIES): Promise<T> {
    for (let failures = 1; ; failures += 1) {
      try {
        const answer = await ask();
        this.#troubled();
        return answer;
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof LonghaulError) || !mayPass(error) || error.slug === "too-many-jobs" || failures >= tries) throw error;
        this.#troubled(error.status ? "busy" : "noConnection");
        if (this.#isCancelling) this.#drop();
        await pause(backoff(failures, error.retryAfter), signal, true);
      }
    }
  }

  #troubled(why?: keyof Texts): void {
    if (this.#trouble === why) return;
    this.#trouble = why;
    this.#draw();
  }

  #fail(error: unknown, state: State = "failed"): void {
    this.#error = error instanceof LonghaulError ? error : undefined;
    this.#isWanted = false;
    this.#show(state);
    this.#emit("longhaul-error", { error });
  }

  #show(state: State, { job = this.#job }: { job?: Job | undefined } = {}): void {
    this.#job = job;
    this.#state = state;
    this.setAttribute("state", state);
    this.#draw();
  }

  #emit<K extends keyof LonghaulExportEventMap>(type: K, detail: LonghaulExportEventMap[K]["detail"]): void {
    this.dispatchEvent(new CustomEvent(type, { bubbles: true, composed: true, detail }));
  }

  #draw(): void {
    this.#view?.draw(this.#shown());
  }

  #shown(): Shown {
    const near = nearest(this, "[lang]");
    const words = wordsOf([near?.getAttribute("lang") ?? "", ...navigator.languages].filter(Boolean), LonghaulExport.texts);
    const placed = nearest(this, "[dir], [lang]");
    const error = this.#error;
    const slug = error?.slug ?? (this.#job?.error ? slugOf(this.#job.error) : "");
    return {
      state: this.#state,
      words,
      direction: placed?.getAttribute("dir") || (words.isRightToLeft ? "rtl" : "ltr"),
      label: (this.textContent ?? "").trim(),
      isDisabled: this.hasAttribute("disabled"),
      job: this.#job,
      trouble: this.#trouble,
      isCancelling: this.#isCancelling,
      href: this.#href,
      // The API's own problems have a type, and a backend's refusal has none. The API refuses a selection
      // that has ended.
      why: slug === "unauthorized" && error?.type !== "about:blank" && !this.#token ? "outdated" : whyOf(slug),
      retryAfter: error?.retryAfter,
      isOld: this.#isOld,
    };
  }
}

const isOpen = ({ status }: Job): boolean => status === "queued" || status === "processing";

/** Returns the nearest element with this selector, also beyond shadow roots. */
function nearest(element: Element, selector: string): Element | null {
  const root = element.getRootNode();
  return element.closest(selector) ?? (root instanceof ShadowRoot ? nearest(root.host, selector) : null);
}

if (globalThis.customElements && !customElements.get("longhaul-export")) customElements.define("longhaul-export", LonghaulExport);

declare global {
  interface HTMLElementTagNameMap {
    "longhaul-export": LonghaulExport;
  }
}
