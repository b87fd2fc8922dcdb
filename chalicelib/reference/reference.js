// Starts Swagger UI with this stack's OpenAPI document.

"use strict";

const place = document.getElementById("reference");
const base = new URL(place.dataset.base, location.href).href.replace(/\/$/, "");

const dark = matchMedia("(prefers-color-scheme: dark)");
const paint = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", paint);
paint();

start();

async function start() {
  try {
    const answer = await fetch(`${base}/openapi.json`);
    if (!answer.ok) throw new Error(`openapi.json was answered with ${answer.status}`);
    show(fitted(await answer.json()));
  } catch (error) {
    const words = document.createElement("p");
    words.setAttribute("role", "alert");
    words.textContent = `The API's description could not be loaded: ${error.message}. Reload this page to try again.`;
    place.replaceChildren(words);
  }
}

/** Returns the document as this page needs it. */
function fitted(document) {
  // Requests go where this page came from, also behind a proxy that the stack does not know of.
  document.servers = [{ url: base }];
  // Swagger UI would ask the provider for its discovery document. A token is pasted here instead.
  const { openId, ...schemes } = document.components.securitySchemes;
  document.components.securitySchemes = schemes;
  if (openId) withoutOpenId(document);
  return document;
}

function withoutOpenId(document) {
  const left = (choices) => choices?.filter((choice) => !("openId" in choice));
  if (document.security) document.security = left(document.security);
  for (const operations of Object.values(document.paths))
    for (const operation of Object.values(operations))
      if (operation.security) operation.security = left(operation.security);
}

function show(spec) {
  SwaggerUIBundle({
    spec,
    domNode: place,
    deepLinking: true,
    displayRequestDuration: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    validatorUrl: null,
    syntaxHighlight: { theme: "obsidian" },
    presets: [SwaggerUIBundle.presets.apis],
    plugins: [plainNames],
    layout: "BaseLayout",
    requestInterceptor: (request) => {
      if (isRedirect(request.url)) request.userFetch = followed;
      return request;
    },
  });
}

/**
 * Has the path of an operation be a text. Swagger UI makes a link of it, within a button. The address of an operation is in
 * the address bar once it is open.
 */
function plainNames({ React }) {
  const DeepLink = () => ({ text }) => React.createElement("span", null, text);
  return { wrapComponents: { DeepLink } };
}

// What Swagger UI leaves out for those who do not see the page, or use no mouse.
const LEFT_OUT = [
  ["select.examples-select-element", "aria-label", "Example"],
  ["textarea.body-param__text", "aria-label", "Request body"],
  [".close-modal", "aria-label", "Close"],
  [".information-container", "role", "region"],
  [".information-container", "aria-label", "About this API"],
  [".scheme-container", "role", "region"],
  [".scheme-container", "aria-label", "Who asks"],
  [".dialog-ux .modal-ux", "role", "dialog"],
  [".dialog-ux .modal-ux", "aria-label", "Available authorizations"],
  ["h3.opblock-tag, .modal-ux-header h3, .models > h4", "aria-level", "2"],
  [".opblock-section-header h4, .responses-inner h4, .auth-container h4", "aria-level", "3"],
  [".microlight", "tabindex", "0"],
];
new MutationObserver(() => {
  for (const [parts, attribute, value] of LEFT_OUT)
    for (const part of place.querySelectorAll(parts))
      if (!part.hasAttribute(attribute)) part.setAttribute(attribute, value);
}).observe(place, { childList: true, subtree: true });

function isRedirect(url) {
  const { pathname, searchParams } = new URL(url, location.href);
  return pathname.endsWith("/download") && searchParams.get("redirect") === "true";
}

/**
 * Answers downloadArchive?redirect=true. A script may not read what lies at S3, which is another origin, nor see where a
 * redirect leads. So the link is asked for, and the browser itself downloads from it.
 */
async function followed(url, request) {
  const asked = new URL(url, location.href);
  asked.searchParams.delete("redirect");
  const answer = await fetch(asked, { method: request.method, headers: request.headers });
  if (!answer.ok) return answer;
  const { downloadUrl } = await answer.json();
  location.assign(downloadUrl);
  const said = "Your browser downloads the archive from S3, where the redirect leads. (For this, the page has asked for the link without redirect.)";
  return new Response(said, { status: 303, headers: { Location: downloadUrl, "Content-Type": "text/plain" } });
}
