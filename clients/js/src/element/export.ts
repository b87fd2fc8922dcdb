// <longhaul-export>: a button that becomes progress, and then a download.
//
// It keeps what it needs to go on after a reload (memory.ts), and asks for one export once: the
// Idempotency-Key is kept before the request is sent (run.ts).

import type { Token } from "../connection.js";
import { LonghaulError, slugOf } from "../errors.js";
import type { ExportAccepted, ExportRequest, Job } from "../types.js";
import { type Asked, nameOf, requestOf, type Selection } from "./asked.js";
import { type Kept, Memory, type Place } from "./memory.js";
import { isOpen, Run, type Trouble } from "./run.js";
import { type Texts, wordsOf } from "./texts.js";
import { type State, view } from "./view.js";

const ANOTHER_TAB_MS = 8_000; // for as long, the tab that has begun is left to get its answer
const TIMER_MAX = 2 ** 31 - 1;
const OF_LOOKS = ["lang", "dir", "disabled"];
const GONE = [401, 403, 404, 410];
const SERVER_ERROR = 500;

export type { ExportRequest, Job, Selection, State, Texts, Token };

/** What a page may write into the element's tag. */
export interface LonghaulExportAttributes {
  /** The API's base URL. By default, where the module came from, if a stack has served it. */
  api?: string;
  /** A URL of your backend, which signs: GET, with the page's cookies. It answers {"selection": "eyJ…"}. */
  "selection-url"?: string;
  /** Ids, with commas or spaces between them, or a JSON list. */
  "file-ids"?: string;
  /** Keys, one a line, or a JSON list. */
  keys?: string;
  prefix?: string;
  /** The archive's name. A selection has its own, and its own form of the archive. */
  filename?: string;
  format?: "zip" | "tar" | "tar.gz";
  compression?: "none" | "deflate" | "auto";
  /** The most bytes of one archive. */
  split?: number | string;
  /** Where the export is kept over a reload: in this tab by default, or in this browser. */
  storage?: Place;
  disabled?: boolean | "";
}

/** The events, by name. No ticket is in them. */
export interface LonghaulExportEventMap {
  "longhaul-start": CustomEvent<{ job: Omit<ExportAccepted, "ticket" | "ticketExpiresAt"> }>;
  "longhaul-progress": CustomEvent<{ job: Job }>;
  /** Without a job if it was cancelled before there was one. */
  "longhaul-end": CustomEvent<{ job: Job | undefined }>;
  /** A LonghaulError, if the API or the backend has refused; else what the page's own function threw. */
  "longhaul-error": CustomEvent<{ error: unknown }>;
}

// Where pages are rendered on a server there are no elements: the module can be loaded all the same.
const Base = globalThis.HTMLElement ?? (class {} as typeof HTMLElement);

export class LonghaulExport extends Base {
  static readonly observedAttributes = [...OF_LOOKS, "api", "selection-url", "file-ids", "keys", "prefix", "filename", "format", "compression", "split", "storage"];

  /** Texts of the page's own, by language: `LonghaulExport.texts.sv = { download: "Hämta" }`. What is
   * not there is said in our words, in English for a language that we do not have. */
  static texts: Record<string, Partial<Texts>> = {};

  /** The bearer token of the person, or a function that returns it, where people sign in. */
  declare token?: Token | undefined;

  #selection: Selection | undefined;
  #request: ExportRequest | undefined;
  #state: State = "idle";
  #job: Job | undefined;
  #error: unknown;
  #trouble: Trouble | undefined;
  #name = "";
  #memory: Memory | undefined;
  #run: Run | undefined;
  #draws: ReturnType<typeof view> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #languages: MutationObserver | undefined;
  #isHere = false;
  #isChanging = false;
  #isWanted = false; // somebody has clicked here, and waits for the download
  #isCancelling = false;
  #isOld = false;

  /** A selection that your backend has signed, or a function that returns one. */
  get selection(): Selection | undefined {
    return this.#selection;
  }
  set selection(value: Selection | undefined) {
    this.#selection = value;
    this.#changed();
  }

  /** What to export, as the API takes it, in place of the attributes. */
  get request(): ExportRequest | undefined {
    return this.#request;
  }
  set request(value: ExportRequest | undefined) {
    this.#request = value;
    this.#changed();
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
    this.#isWanted = true;
    try {
      this.#setUp();
    } catch (error) {
      // An attribute is no URL, or no list.
      return this.#failed(error, "failed");
    }
    if (this.#isBusy) return; // it goes on with what was kept
    const kept = this.#memory!.kept;
    // What has not ended goes on. If nobody has answered, the same request is sent again.
    const goesOn = kept && (!this.#job || isOpen(this.#job));
    this.#begin(goesOn ? kept : { key: crypto.getRandomValues(new Uint32Array(4)).join("-") }, goesOn ? 0 : undefined);
  }

  /** The same as `start`, after a failure. */
  retry(): void {
    this.start();
  }

  /** Cancels the export that runs. */
  cancel(): void {
    if (!this.#isBusy || this.#isCancelling) return;
    const run = this.#run!;
    this.#isCancelling = true;
    this.#draw();
    run.cancel(!!this.#trouble).then(
      (job) => {
        if (!job) return;
        this.#isCancelling = false;
        run.stop();
        this.#ended(job);
      },
      (error: unknown) => {
        this.#isCancelling = false;
        this.#draw();
        // It has just ended: who follows it will say so.
        if (!run.signal.aborted && !(error instanceof LonghaulError && error.slug === "already-ended")) this.#emit("longhaul-error", { error });
      },
    );
  }

  /** Forgets the export, and shows the button. The export itself goes on. */
  reset(): void {
    this.#stop();
    this.#memory?.keep();
    this.#show("idle");
  }

  connectedCallback(): void {
    // One that was only moved goes on.
    if (this.#isHere) return;
    this.#isHere = true;
    if (!this.#draws) {
      // What the page has set before it had this module hides what is set later.
      for (const name of ["selection", "request"] as const) {
        const own = Object.getOwnPropertyDescriptor(this, name);
        if (own && delete this[name]) this[name] = own.value;
      }
      const root = this.attachShadow({ mode: "open", delegatesFocus: true });
      this.#draws = view(root, { start: () => this.start(), cancel: () => this.cancel(), download: (event) => this.#download(event), save: (archive) => this.#save(archive) });
      root.addEventListener("slotchange", () => this.#draw());
    }
    this.#languages = new MutationObserver(() => this.#draw());
    this.#languages.observe(document.documentElement, { attributeFilter: ["lang"] });
    this.#show(this.#state, this.#job);
    this.#changed();
  }

  disconnectedCallback(): void {
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.#isHere = false;
      this.#languages?.disconnect();
      this.#stop();
      this.#memory?.close();
    });
  }

  attributeChangedCallback(name: string): void {
    if (OF_LOOKS.includes(name)) this.#draw();
    else this.#changed();
  }

  get #isBusy(): boolean {
    return this.#state === "starting" || this.#state === "running";
  }

  get #asked(): Asked {
    const url = this.getAttribute("selection-url");
    if (this.#selection) return { selection: this.#selection, place: this.id && `${location.pathname}${location.search}#${this.id}` };
    if (url !== null) return { selectionUrl: new URL(url, document.baseURI).href };
    return { request: this.#request ?? requestOf((name) => this.getAttribute(name)) };
  }

  /** Several attributes change one after the other: what they say in the end counts. */
  #changed(): void {
    if (this.#isChanging) return;
    this.#isChanging = true;
    queueMicrotask(() => {
      this.#isChanging = false;
      if (this.#isHere) this.#setUp();
    });
  }

  /** The script that the stack serves knows where it came from. */
  get #api(): string {
    return new URL(this.getAttribute("api") ?? new URL(/* @vite-ignore */ ".", import.meta.url), document.baseURI).href.replace(/\/+$/, "");
  }

  /** Takes up what was kept of the export that is asked for now, unless that was done before. */
  #setUp(): void {
    const named = nameOf(this.#asked);
    const place = (named ? (this.getAttribute("storage") ?? "session") : "none") as Place;
    const name = JSON.stringify([this.#api, named ?? ""]);
    const before = this.#name === name ? this.#memory : undefined;
    if (before?.place === place && !before.isClosed) return;
    this.#stop();
    this.#memory?.close();
    this.#name = name;
    const { kept } = (this.#memory = new Memory(name, place, (one) => this.#heard(one), before?.kept));
    if (kept) this.#begin(kept, 0);
    else if (this.#state !== "idle") this.#show("idle");
  }

  /** Another tab has started this export, or says what it knows of it. */
  #heard(kept: Kept): void {
    const own = this.#memory!.kept;
    const isSame = own?.key === kept.key;
    // The tab of somebody else, who was signed in before or is by now, takes nothing away.
    if (isSame ? own.jobId || !kept.jobId : this.#job && own?.sub !== kept.sub) return;
    // Both have started at once: one of them gives way.
    if (!isSame && this.#isBusy && (own?.jobId || kept.key > (own?.key ?? ""))) return;
    this.#memory!.keep(kept, false);
    this.#begin(kept, kept.jobId ? 0 : ANOTHER_TAB_MS);
  }

  #stop(): void {
    this.#run?.stop();
    clearTimeout(this.#timer);
  }

  /** Makes the export, or goes on with it if there is a delay, to its end. */
  #begin(kept: Kept, delay?: number): void {
    this.#stop();
    this.#isCancelling = false;
    this.#isOld = delay !== undefined && !this.#isWanted;
    this.#trouble = this.#error = undefined;
    this.#show("starting");
    const memory = this.#memory!;
    const run = new Run(this.#api, this.token, this.#asked, kept, {
      trouble: (why) => {
        if (why === this.#trouble) return;
        this.#trouble = why;
        this.#draw();
      },
      keep: (one) => memory.keep(one),
      started: (job) => this.#emit("longhaul-start", { job }),
      moved: (job) => {
        this.#show("running", job);
        this.#isOld = false;
        this.#emit("longhaul-progress", { job });
      },
    });
    this.#run = run;
    run.end(delay).then(
      (job) => {
        if (run.signal.aborted) return;
        if (job) this.#ended(job);
        else this.reset();
      },
      (error: unknown) => {
        if (this.#run !== run || !this.#isHere) return;
        if (run.signal.aborted) {
          if (this.#isCancelling) this.#dropped();
          return;
        }
        const isRefusal = error instanceof LonghaulError && error.status > 0 && error.status < SERVER_ERROR;
        const isGone = isRefusal && kept.jobId && GONE.includes(error.status);
        // Nobody knows whether a request that got no answer was taken. It is kept, to be sent again.
        if (isGone || !kept.jobId && isRefusal) memory.keep();
        if (isGone && this.#isOld) this.reset();
        else this.#failed(error, isGone ? "expired" : "failed");
      },
    );
  }

  #ended(job: Job): void {
    const { status } = job;
    const isReady = status === "completed";
    if (status === "cancelled" || status === "expired") this.#memory?.keep();
    this.#show(isReady ? "ready" : (status as State), job);
    this.#emit("longhaul-end", { job });
    if (!isReady) return;
    const left = Date.parse(job.expiresAt) - Date.now();
    this.#timer = setTimeout(() => this.#ended({ ...job, status: "expired" }), Math.min(left, TIMER_MAX));
    if (!this.#isWanted) return;
    // It starts once, when the person is there.
    const start = () => {
      if (document.visibilityState !== "visible" || !this.#isWanted) return;
      this.#isWanted = false;
      if (!this.#run!.archives.length) this.#save();
    };
    document.addEventListener("visibilitychange", start, { signal: this.#run!.signal });
    start();
  }

  /** It was cancelled before there was a job, as far as anybody knows. */
  #dropped(): void {
    this.#memory?.keep();
    this.#show("cancelled");
    this.#emit("longhaul-end", { job: undefined });
  }

  #failed(error: unknown, state: State): void {
    this.#error = error;
    this.#show(state, this.#job);
    this.#emit("longhaul-error", { error });
  }

  /** A link is good for some minutes. Later, another one is asked for first. */
  #download(event: Event): void {
    if (this.#run!.isFresh) return;
    event.preventDefault();
    this.#save();
  }

  #save(archive?: number): void {
    const run = this.#run!;
    (run.isFresh && !archive ? Promise.resolve() : run.link(archive)).then(
      () => {
        this.#draw();
        location.assign(run.href);
      },
      (error: unknown) => {
        if (run.signal.aborted) return;
        this.#memory?.keep();
        this.#failed(error, "expired");
      },
    );
  }

  #show(state: State, job?: Job): void {
    this.#job = job;
    this.#state = state;
    this.setAttribute("state", state);
    if (!this.#isBusy && state !== "ready") this.#isWanted = false;
    this.#draw();
  }

  #emit<K extends keyof LonghaulExportEventMap>(type: K, detail: LonghaulExportEventMap[K]["detail"]): void {
    this.dispatchEvent(new CustomEvent(type, { bubbles: true, composed: true, detail }));
  }

  #draw(): void {
    const words = wordsOf([languageOf(this), ...navigator.languages], LonghaulExport.texts);
    const label = this.textContent?.trim();
    const error = this.#error instanceof LonghaulError ? this.#error : undefined;
    const slug = error?.slug ?? slugOf(this.#job?.error ?? {});
    this.#draws?.({
      state: this.#state,
      words,
      // Else it is the page's.
      direction: this.dir || (words.isRightToLeft ? "rtl" : ""),
      label: label || words.t("download"),
      isLabelled: !!label,
      isDisabled: this.hasAttribute("disabled"),
      job: this.#job,
      trouble: this.#trouble,
      isCancelling: this.#isCancelling,
      href: this.#run?.href ?? "",
      archives: this.#run?.archives ?? [],
      // The API's own problems have a type, and a backend's refusal has none. The API refuses a selection
      // that has ended.
      slug: slug === "unauthorized" && error?.type.startsWith("urn:") && !this.token ? "outdated" : slug,
      retryAfter: error?.retryAfter,
      isOld: this.#isOld,
    });
  }
}

/** Returns the language that the page says it has here, also beyond shadow roots. */
function languageOf(element: Element): string {
  const root = element.getRootNode();
  return element.closest<HTMLElement>("[lang]")?.lang ?? (root instanceof ShadowRoot ? languageOf(root.host) : "");
}

if (globalThis.customElements && !customElements.get("longhaul-export")) customElements.define("longhaul-export", LonghaulExport);

declare global {
  interface HTMLElementTagNameMap {
    "longhaul-export": LonghaulExport;
  }
  /** They bubble: a page may listen anywhere above. */
  interface GlobalEventHandlersEventMap extends LonghaulExportEventMap {}
}
