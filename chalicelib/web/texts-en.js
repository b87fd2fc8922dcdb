// English. A person reads it; so no word of ours (job, prefix, key) that they cannot know.
// Each section belongs to one part of the page. Plural forms: those of Intl.PluralRules.

export const texts = {
  // What several parts say.
  common: {
    files: { one: "{n} file", other: "{n} files" },
    newExport: "New export",
    tryAgain: "Try again",
    close: "Close",
    justNow: "just now",
    // "8.3 of 20.0 MB"
    of: "{done} of {total}",
    // Durations, with the symbols of units. They also stand in a sentence: "Try again in {wait}."
    s: "{s} s",
    min: "{min} min",
    minS: "{min} min {s} s",
    h: "{h} h",
    hMin: "{h} h {min} min",
  },
  // app.js, person.js, tab.js: the frame.
  frame: {
    // Titles of tabs: "Exports · Longhaul", "64% · March.zip".
    title: "{page} · Longhaul",
    state: "{state} · {filename}",
    queued: "Queued",
    failed: "Failed",
    cancelled: "Cancelled",
    expired: "Expired",
    skip: "Skip to content",
    nav: "Main",
    exports: "Exports",
    language: "Language",
    cannotKeep: "This browser does not keep the language for this page.",
    offline: "You are offline.",
    offlineWords: "Exports go on without you. This page catches up when you are back.",
    noAnswer: "The server does not answer. Trying again…",
    // Only screen readers read it, before the user's name.
    user: "User:",
    whose: "Whose exports?",
    userId: "User id",
    aboutUser: "New exports are started under this name, and its exports are listed. Kept in this browser only.",
    save: "Save",
    userIs: "These are the exports of {user}.",
  },
  // problems.js: what went wrong, by the last part of a problem's type. `wait`: in place of `words`, if
  // it is known how long to wait.
  problems: {
    "no-connection": { title: "No connection", words: "The server could not be reached. Check the connection, then try again." },
    "no-answer": { title: "The server is in trouble", words: "It answered with {status}. Try again in a moment." },
    outdated: { title: "This page is out of date", words: "Load the page again, then try once more." },
    "invalid-request": { title: "This was not accepted", words: "Something that was entered is not valid." },
    unauthorized: { title: "You are not signed in", words: "Sign in again, or open the link again that you were sent." },
    forbidden: { title: "This is not allowed", words: "If you need it, ask the people who run this service." },
    "not-found": { title: "Not found", words: "It is not there any more, or never was." },
    "too-many-shares": { title: "Too many links", words: "This export has as many links as it may have. Revoke one, then make a new one." },
    "too-many-notifications": { title: "Too many are told already", words: "Nobody else can be told of this export." },
    "no-notifications": { title: "Nothing to send", words: "Nobody is told of this export." },
    "not-ready": { title: "Not ready yet", words: "Wait until the export is done, then download it." },
    "already-ended": { title: "The export has ended", words: "It has just ended, so there is nothing to cancel." },
    "not-ended": { title: "The export is still running", words: "Cancel it first, or wait until it has ended." },
    "not-retryable": { title: "This export cannot be repeated", words: "Start a new export instead." },
    expired: { title: "The archive has expired", words: "It was deleted. Export the files again." },
    "request-gone": { title: "This export cannot be repeated", words: "Its list of files is not kept any more. Choose the files again, under New export." },
    "body-too-large": { title: "Too much at once", words: "Choose fewer files, or choose whole folders." },
    "idempotency-key-reused": { title: "This was sent before", words: "The export that it started was deleted since. Load the page again, then start the export." },
    "too-many-jobs": { title: "Too many exports are running", words: "Wait until one has ended, or cancel one under Exports. Then try again." },
    "rate-limited": {
      title: "Too many requests",
      words: "That was too much in a short time. Try again in a moment.",
      wait: "That was too much in a short time. Try again in {wait}.",
    },
    "internal-error": { title: "Something went wrong here", words: "Try again. If it happens again, give this number to the people who run this service:" },
    unavailable: { title: "The service is busy", words: "Try again in a moment.", wait: "Try again in {wait}." },
    // Of requests, and of exports that failed.
    "quota-exceeded": {
      title: "This is more than you may export",
      words: "Export fewer files at a time.",
      wait: "You have exported what you may in a day. Try again in {wait}.",
    },
    "source-missing": { title: "Files are missing", words: "This export was to stop if a file is missing." },
    "source-changed": { title: "A file was changed", words: "It was changed or deleted during the export. Export again when nobody is working on it." },
    "source-unreadable": { title: "Files cannot be read", words: "This export was to stop if a file cannot be read." },
    "storage-refused": { title: "The archive could not be stored", words: "Try again. If it fails again, tell the people who run this service." },
    "nothing-to-export": { title: "There is nothing to export", words: "None of the chosen files is there and can be read." },
    "access-denied": { title: "No access", words: "This service may not read the files, or may not store the archive. Tell the people who run it." },
    "limit-exceeded": { title: "The archive would be too large", words: "Export fewer files at a time." },
    "given-up": { title: "The export did not work", words: "It was tried several times. If it fails again, tell the people who run this service." },
  },
  // format.js: why one file cannot be exported.
  reasons: {
    missing: "Not found.",
    archived: "In cold storage. It must be restored first.",
    denied: "This service may not read it.",
    encrypted: "Encrypted with a key that only its owner has.",
    "key-unusable": "Its encryption key cannot be used.",
    changed: "It was changed during the export.",
    "too-large": "Too large.",
    refused: "The storage does not give it out: {detail}",
  },
  // jobs.js
  list: {
  },
  // job.js
  job: {
  },
  // mend.js
  mend: {
  },
  // create.js, ids.js
  form: {
  },
  // picked.js
  picked: {
  },
  // browse.js, grid.js, listing.js
  choose: {
  },
  // share.js
  share: {
    title: "Share this export",
    words: "People with the link can see this export and download it, without signing in. They can do nothing else.",
    howLong: "How long it works",
    hours: { one: "{n} hour", other: "{n} hours" },
    days: { one: "{n} day", other: "{n} days" },
    make: "Make a link",
    newLink: "The new link",
    once: "Copy it now: it is shown only once.",
    copy: "Copy",
    copied: "Link copied.",
    copyYourself: "Copy the link from the field.",
    live: "Links that work now",
    none: "No link works now.",
    until: "Until {until}",
    made: "Made {from}",
    revoke: "Revoke",
    revokeOf: "Revoke the link that works until {until}",
    revoked: "The link was revoked.",
  },
  // tell.js, watch.js
  tell: {
    title: "Tell me when it is done",
    wasTold: "Who was told",
    willBeTold: "Who will be told",
    // How an export ended, in a notification of the browser.
    completed: "Ready to download",
    failed: "The export failed",
    cancelled: "The export was cancelled",
    expired: "The archive has expired",
    // This browser.
    here: "A notification of this browser",
    browser: "This browser",
    browserWords: "A notification when it is done.",
    keepOpen: "Keep this tab open, it may be in the background.",
    blocked: "This browser blocks notifications of this page. Open the site's settings, beside the address, and allow them. Then tick this again.",
    unanswered: "Tick this again, and answer the browser's question.",
    ended: "The export has ended already.",
    cannot: "This browser cannot notify you here.",
    cannotAny: "This browser cannot notify you here. Nor does this service send mail or webhooks.",
    // Mail and webhooks.
    mail: "Mail to",
    mailElse: "Mail to another address",
    mailTo: "Mail to {to}",
    mayGo: "It may go to: {others}.",
    anyAt: "any at {host}",
    addAddress: "Add address",
    webhook: "For developers: a webhook",
    webhookTo: "Webhook to {to}",
    ownWebhook: "Webhook of this service",
    url: "URL of the receiver",
    mayGoTo: "Signed as Standard Webhooks has it. It may go to: {hosts}.",
    mayGoAnywhere: "Signed as Standard Webhooks has it. It may go to any host.",
    addWebhook: "Add webhook",
    empty: "Fill this in first.",
    refused: "Not taken: {why}",
    noted: "It is noted.",
    // What came of it.
    whenDone: "When it is done.",
    beingSent: "Being sent…",
    sent: "Sent.",
    retrying: { one: "Failed once.", other: "Failed {n} times." },
    next: "Next try: {time}.",
    nextNow: "Next try: now.",
    givenUp: "Not sent: given up.",
    givenUpAfter: { one: "Not sent: given up after {n} try.", other: "Not sent: given up after {n} tries." },
    optedOut: "Not sent: this address asked for no more mail from here.",
    sendAgain: "Send again",
    sendAgainOf: "Send again: {name}",
    sendAll: "Send all again",
    sendAllOf: "Send all again: {name}",
  },
  // signin.js
  signin: {
    signIn: "Sign in",
    signOut: "Sign out",
    busy: "Signing in…",
    busyTab: "Signing in",
    at: "You are signed in at {host}.",
    out: "You are signed out",
    outWords: "Sign in to see your exports.",
    outElsewhere: "You have signed out in another tab.",
    failed: "Signing in did not work",
    needs: "This browser does not allow it here. It takes an address with https, and storage for the site.",
    refused: "It was refused.",
    otherTab: "The answer of the sign-in service is not for this tab.",
    otherToken: "The sign-in service has sent another sign-in's token.",
    noToken: "The sign-in service has sent no token.",
    unreachable: "The sign-in service could not be reached. Check the connection, then try again.",
    notAccepted: "This sign-in is not accepted here",
    notAcceptedWords: "Try again. If that does not help, tell the people who run this service.",
    programs: "This service is for programs",
    programsTab: "For programs",
    forSigned: "It takes only requests that are signed with AWS credentials, and a browser has none. Use the command line, or a program of your own.",
    forTokens: "It takes only requests with a token that a program gets, and nobody signs in here. Use the command line, or a program of your own.",
  },
};
