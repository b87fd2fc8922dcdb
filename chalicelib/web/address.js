// Takes secrets out of the address. This is the first module: nothing runs before it.

const given = new URLSearchParams(location.search);

/** What the issuer answered, if it has just sent the person back. */
export const answer = ["code", "state", "error"].some((name) => given.has(name)) && Object.fromEntries(given);
if (answer) history.replaceState(null, "", location.pathname + location.hash);

/** Tickets by job id, while the page is open. A share link brings one: `#/jobs/{id}?ticket=…`. */
export const tickets = new Map();

export function takeTicket() {
  const [, id, ticket] = /^#\/jobs\/([\w-]+)\?(?:.*&)?ticket=([^&]*)/.exec(location.hash) ?? [];
  if (!id) return;
  // The mark is no secret. By it, a page that is loaded again asks for the link, and not to sign in.
  history.replaceState({ isShared: true }, "", `${location.pathname}${location.search}#/jobs/${id}`);
  tickets.set(id, ticket.replace(/[^\w-]/g, ""));
}

takeTicket();
