// Signs a person in: authorization code with PKCE, as a public client.
// RFC 7636; OpenID Connect Core 1.0, section 3.1; RFC 9207 for `iss`.
//
// Tokens live in the memory of this module only. While the person is at the issuer, sessionStorage
// keeps what the answer is checked with. It is removed before the answer is read.

import { answer } from "./address.js";
import { access, Problem } from "./api.js";
import { forgetDraft } from "./draft.js";
import { announce, button, dialog, h, nothing, skeleton } from "./dom.js";
import { sentence } from "./format.js";
import { auth, signedIn, who } from "./person.js";
import { title } from "./tab.js";
import { plain, t } from "./texts.js";

const PENDING = "longhaul.signin";
const LEFT = "longhaul.left"; // the person has signed out in this tab, and must ask to sign in
const EARLY_MS = 30_000; // a token is renewed this long before its end
const TIMEOUT_MS = 20_000;
const HOME = document.baseURI; // the redirect URI

let token, refreshToken, renewAt, renewing, open, shut;
let isBusy = false;
let unread = answer;

const tabs = new BroadcastChannel(`longhaul ${auth.issuer} ${auth.clientId}`);

/** Signs in and calls `opened`, or calls `closed` with a view that says why not. */
export async function enter(opened, closed) {
  [open, shut] = [opened, closed];
  if (isBusy) return;
  isBusy = true;
  try {
    if (auth.way !== "jwt") showPrograms();
    else if (unread) await finish();
    else if (sessionStorage[LEFT]) card(t("signin.out"), t("signin.outWords"));
    else await go();
  } catch (error) {
    card(t("signin.failed"), error instanceof Problem ? error.words : t("signin.needs"));
  }
  isBusy = false;
}

function showPrograms() {
  const words = t(auth.way === "iam" ? "signin.forSigned" : "signin.forTokens");
  shut((main) => main.append(head("Longhaul"), nothing("lock", t("signin.programs"), words)));
  title(t("signin.programsTab"));
}

/** Shows why nobody is signed in, and a button. */
function card(why, words) {
  const again = () => {
    try {
      delete sessionStorage[LEFT];
    } finally {
      enter(open, shut);
    }
  };
  shut((main) => main.append(head(t("signin.signIn")), nothing("lock", why, words, button(again, { class: "primary" }, t("signin.signIn")))));
  title(t("signin.signIn"));
  announce(why);
}

const head = (words) => h("div", { class: "head" }, h("h1", { tabindex: -1 }, words));

// To the issuer, and back.

async function go() {
  const pending = { state: random(), nonce: random(), verifier: random(), hash: location.hash };
  sessionStorage[PENDING] = JSON.stringify(pending);
  shut((main) => main.append(head(t("signin.busy")), skeleton(3)));
  title(t("signin.busyTab"));
  const challenge = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(pending.verifier));
  // The issuer takes this page's place in the history: so Back does not lead here and there again.
  location.replace(address(auth.authorizationEndpoint, {
    response_type: "code",
    client_id: auth.clientId,
    redirect_uri: HOME,
    scope: auth.scope,
    audience: auth.audience, // for issuers that make a JWT only for an API that is named
    state: pending.state,
    nonce: pending.nonce,
    code_challenge: base64url(new Uint8Array(challenge)),
    code_challenge_method: "S256",
  }));
}

async function finish() {
  const { code, state, iss = auth.issuer, error, error_description: reason } = unread;
  unread = undefined;
  const pending = JSON.parse(sessionStorage[PENDING] ?? "{}");
  delete sessionStorage[PENDING];
  if (!state || state !== pending.state || iss !== auth.issuer) throw refusal(t("signin.otherTab"));
  history.replaceState(null, "", new URL(HOME).pathname + pending.hash);
  if (!code) throw refusal(error === "access_denied" ? t("signin.refused") : sentence(plain(reason || error)));
  const tokens = await request({ grant_type: "authorization_code", code, redirect_uri: HOME, code_verifier: pending.verifier });
  const claims = claimsOf(tokens.id_token);
  // It came straight from the issuer, so TLS stands for its signature (OpenID Connect Core, 3.1.3.7).
  if (tokens.id_token && !(claims.nonce === pending.nonce && claims.iss === auth.issuer && [claims.aud].flat().includes(auth.clientId)))
    throw refusal(t("signin.otherToken"));
  keep(tokens);
  Object.assign(signedIn, claimsOf(tokens.access_token), claims);
  Object.assign(access, { token: current, renew, proven: false });
  open();
}

const refusal = (words) => new Problem(401, "", words);

async function request(fields) {
  let answered, tokens;
  try {
    answered = await fetch(auth.tokenEndpoint, {
      method: "POST",
      body: new URLSearchParams({ ...fields, client_id: auth.clientId }),
      credentials: "omit",
      cache: "no-store",
      redirect: "error",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    tokens = await answered.json();
  } catch {
    throw new Problem(0, "", t("signin.unreachable"));
  }
  if (answered.ok && /^[!-~]+$/.test(tokens?.access_token)) return tokens;
  throw new Problem(answered.status, "", tokens?.error ? sentence(plain(tokens.error_description || tokens.error)) : t("signin.noToken"));
}

// While signed in.

function keep({ access_token: next, refresh_token: another, expires_in: seconds }) {
  token = next;
  refreshToken = another ?? refreshToken;
  const life = seconds > 0 ? seconds * 1000 : Infinity;
  renewAt = Date.now() + Math.max(life - EARLY_MS, life / 2);
}

function forget() {
  token = refreshToken = undefined;
  for (const name of ["token", "renew", "proven"]) delete access[name];
  for (const name of Object.keys(signedIn)) delete signedIn[name];
}

async function current() {
  if (refreshToken && Date.now() > renewAt) await refreshed().catch(() => {}); // this token may still do
  return token;
}

/** Whether there is another token. Raises Problem if the issuer cannot say. All callers share one request. */
const refreshed = () => (renewing ??= refresh().finally(() => (renewing = undefined)));

async function refresh() {
  const used = refreshToken;
  try {
    const tokens = await request({ grant_type: "refresh_token", refresh_token: used });
    if (used !== refreshToken) return false; // signed out meanwhile
    keep(tokens);
    return true;
  } catch (problem) {
    if (!problem.status || problem.status >= 500) throw problem;
    refreshToken = undefined;
    return false;
  }
}

/** The API has refused this token. Returns whether there is another one to try. */
async function renew(used, tries) {
  if (used !== token) return token !== undefined;
  if (!tries && refreshToken && (await refreshed())) return true;
  if (used !== token) return token !== undefined;
  const { proven } = access;
  forget();
  // A new sign-in would be refused too, and so on in a circle.
  if (!proven) card(t("signin.notAccepted"), t("signin.notAcceptedWords"));
  else {
    enter(open, shut);
    await new Promise(() => {}); // the page is left now
  }
  return false;
}

export function askToLeave() {
  const box = dialog(plain(who()), [h("p", {}, t("signin.at", { host: new URL(auth.issuer).host })),
    h("div", { class: "actions" }, button(() => box.close(), {}, t("common.close")), button(() => {
      box.close();
      tabs.postMessage("left");
      leave(t("signin.outWords"));
      if (auth.endSessionEndpoint) {
        location.assign(address(auth.endSessionEndpoint, {
          client_id: auth.clientId,
          post_logout_redirect_uri: HOME,
          logout_uri: HOME, // the name that Cognito has for it
        }));
      }
    }, { class: "primary" }, t("signin.signOut")))]);
}

function leave(words) {
  forget();
  forgetDraft();
  sessionStorage[LEFT] = "yes";
  card(t("signin.out"), words);
}

tabs.onmessage = () => token && leave(t("signin.outElsewhere"));
// Back may restore this page as it was left.
addEventListener("pageshow", ({ persisted }) => persisted && !token && location.reload());

// Encodings.

function address(endpoint, parameters) {
  const url = new URL(endpoint);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}

const base64url = (bytes) => btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

/** Returns what a JWT says, unverified; {} if it is no JWT. */
function claimsOf(jwt) {
  try {
    const [, payload] = jwt.split(".");
    const bytes = Uint8Array.from(atob(payload.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return {};
  }
}
