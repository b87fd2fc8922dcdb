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
    noAnswer: "The server does not answer. Trying again…",
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
    title: "New export",
    how: "How to choose files",
    byId: "By id",
    byFolder: "Browse folders",
    ids: "File ids",
    aboutIds: "Paste a list, or type ids and ranges. Commas, spaces and new lines all do.",
    // What is wrong with an id. {value} is what was typed.
    noId: "{value} is not a file id",
    backwards: "{value} runs backwards",
    below: "{value} is below {limit}",
    above: "{value} is above {limit}",
    refused: "{value} {words}",
    andMore: { one: "and {n} more", other: "and {n} more" },
    repeats: { one: "{n} id is there twice. It counts once.", other: "{n} ids are there twice. They count once." },
    folders: "Files and folders",
    source: "Source",
    noSource: "There is no source {name}. Choose another one.",
    sourceTitle: "Change the source?",
    sourceWords: { one: "The {n} file or folder that you chose in {name} is taken out. Ids stay.", other: "The {n} files and folders that you chose in {name} are taken out. Ids stay." },
    sourceKeep: "Keep them",
    sourceChange: "Change the source",
    name: "Name of the archive",
    nameExample: "March.zip",
    aboutName: "Optional. One is made up otherwise.",
    missing: "If a file is missing",
    unreadable: "If a file cannot be read",
    skip: "Leave it out, and list it",
    fail: "Stop the whole export",
    start: "Start export",
    starting: "Starting…",
    // Why it does not start.
    empty: "Choose files first.",
    emptyIds: "Type the ids of files here, or browse folders.",
    emptyFolders: "Tick files or folders here, or type ids.",
    correct: { one: "Correct {n} id first.", other: "Correct {n} ids first." },
    tooMany: { one: "An export takes at most {n} file id.", other: "An export takes at most {n} file ids." },
    tooMuch: "This is too much for one export.",
    seeAbove: "Look at what is marked above.",
    // A choice that came from elsewhere.
    loading: "Loading the choice of files…",
    fromJob: "This is what {link} was asked for. Change what you like, and start it as a new export.",
    anExport: "an earlier export",
    fromLink: "These files were chosen by whoever made the link. Look at them before you start.",
    noLink: "This link has no choice of files: it was cut, or changed. Ask for it again.",
    longLink: { one: "This link is too long: it may have {n} character.", other: "This link is too long: it may have {n} characters." },
    gone: "What that export was asked for is not kept any more. Choose the files again.",
    unknown: "There is no such export. Choose the files here.",
    replaceTitle: "Replace what you have chosen?",
    replaceWords: "You have chosen files here. They are taken out, and the others come in their place.",
    replaceKeep: "Keep mine",
    replace: "Replace",
  },
  // picked.js, weight.js
  picked: {
    title: "Chosen files",
    none: "No files chosen yet",
    sum: { one: "{n} file, {size}", other: "{n} files, {size}" },
    soFar: { one: "At least {n} file, {size} so far", other: "At least {n} files, {size} so far" },
    atLeast: { one: "{n} file, at least {size}", other: "{n} files, at least {size}" },
    noSize: { one: "{n} file", other: "{n} files" },
    counting: "Counting…",
    uncounted: "It could not be counted.",
    someUncounted: { one: "{n} folder could not be counted.", other: "{n} folders could not be counted." },
    about: "It takes about {time}.",
    aboutSoFar: "It takes at least {time}.",
    unreadable: { one: "{n} file in it cannot be read.", other: "{n} files in it cannot be read." },
    unavailable: { one: "{n} of them cannot be exported: {ids}", other: "{n} of them cannot be exported: {ids}" },
    named: "{id}: {name}",
    everything: "All files",
    in: "In {folder}",
    remove: "Take out {name}",
    removed: "{name} is taken out.",
    more: { one: "Show more: {n} is not shown", other: "Show more: {n} are not shown" },
    clear: "Clear",
    askTitle: "Take everything out?",
    askWords: "Nothing is chosen then. The files themselves stay where they are.",
    keep: "Keep it",
    cleared: "Nothing is chosen.",
    copy: "Copy link",
    copied: "The link is copied. It opens this form with these files chosen. It gives nobody access to them.",
    notCopied: "This browser does not allow copying. Copy the address of this link:",
    link: "These files",
    tooLong: "This choice is too long for a link: it would have {n} characters, and many programs cut links of more than {most}. Choose whole folders instead of their files.",
    refused: "{name}: {words}",
    // What is too much, by the name of the limit.
    "over-entries": { one: "An export takes at most {n} file, folder or id by name. Choose whole folders instead of their files.", other: "An export takes at most {n} files, folders and ids by name. Choose whole folders instead of their files." },
    "over-listedFiles": { one: "Several folders together may have at most {n} file. Export one folder alone, or fewer of them.", other: "Several folders together may have at most {n} files. Export one folder alone, or fewer of them." },
    "over-bodyBytes": "The list of files is too long to be sent: at most {size}. Choose whole folders instead of their files.",
    "over-archiveBytes": "An archive has at most {size}. Export fewer files at a time.",
    "over-filesPerJob": { one: "An export may have at most {n} file here.", other: "An export may have at most {n} files here." },
    "over-bytesPerJob": "An export may have at most {size} here.",
    "over-bytesLeftToday": "You may export {size} more today.",
  },
  // browse.js, grid.js, listing.js
  choose: {
  },
  // share.js
  share: {
  },
  // tell.js, watch.js
  tell: {
  },
  // signin.js
  signin: {
  },
};
