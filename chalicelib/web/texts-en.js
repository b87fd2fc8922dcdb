// English. A person reads it; so no word of ours (job, prefix, key) that they cannot know.
// Each section belongs to one part of the page. Plural forms: those of Intl.PluralRules.

export const texts = {
  // What several parts say.
  common: {
    files: { one: "{n} file", other: "{n} files" },
    newExport: "New export",
    tryAgain: "Try again",
    close: "Close",
  },
  // app.js, person.js, tab.js: the frame.
  frame: {
  },
  // api.js: what went wrong, by the last part of a problem's type.
  problems: {
  },
  // jobs.js, menu.js
  list: {
    title: "Your exports",
    running: { one: "{n} running", other: "{n} running" },
    search: "Search by name",
    sort: "Sort",
    newest: "Newest first",
    name: "By name",
    size: "Largest first",
    // The filters, each with a number behind it. The others are the states of an export.
    filters: "Which exports are shown",
    all: "All",
    // How many are shown, for screen readers.
    matches: { one: "{n} export", other: "{n} exports" },
    loadingOlder: "Loading older exports…",
    more: { one: "Show {n} more", other: "Show {n} more" },
    none: "No exports yet",
    noneWords: "Choose files, and they are gathered into one ZIP archive while you do something else.",
    nothing: "Nothing here",
    noneProcessing: "You have no running exports.",
    noneCompleted: "You have no exports that are ready.",
    noneFailed: "You have no failed exports.",
    noneCancelled: "You have no cancelled exports.",
    noneExpired: "You have no expired exports.",
    noMatch: "No match",
    noMatchWords: "No export has “{text}” in its name.",
    noMatchHere: "None of these exports has “{text}” in its name.",
    showAll: "Show all exports",
    leftOut: { one: "{n} left out", other: "{n} left out" },
    download: "Download",
    downloadOf: "Download {name}",
    // The menu of one export.
    menuOf: "More for {name}",
    rename: "Rename",
    cancel: "Cancel export",
    delete: "Delete",
    started: "It was started again, as a new export.",
  },
  // job.js. The words for the states are also those of the list.
  job: {
    title: "Export",
    notFound: "Not found",
    queued: "Queued",
    processing: "Running",
    completed: "Ready",
    completedWords: "Ready to download",
    failed: "Failed",
    failedWords: "The export failed",
    cancelled: "Cancelled",
    cancelledWords: "The export was cancelled",
    expired: "Expired",
    expiredWords: "The archive has expired",
    all: "All exports",
    back: "Your exports",
    state: "State",
    progress: "Progress",
    percent: "{n}%",
    left: "{time} left",
    almostDone: "almost done",
    // What a screen reader says from time to time.
    spoken: { one: "{percent} percent, {done} of {n} file", other: "{percent} percent, {done} of {n} files" },
    files: "Files",
    data: "Data",
    speed: "Speed",
    of: "{done} of {n}",
    perSecond: "{size}/s",
    unknown: "–",
    // What is being done.
    stageQueued: "Waiting for its turn.",
    stagePlanning: "Looking up the files.",
    stageAgain: "Looking up the files again: one has changed, or cannot be read.",
    stageReading: "Reading large files once, before they are copied.",
    stageAssembling: "Building the archive.",
    stageFinalizing: "Completing the archive.",
    closeThis: "You can close this page. The export goes on, and this link brings you back.",
    closeShared: "You can close this page. The export goes on, and the link that you got brings you back.",
    tell: "Tell me when it is done",
    share: "Share…",
    copyLink: "Copy link",
    linkCopied: "Link copied.",
    copyYourself: "Copy the link from the address bar.",
    downloadZip: "Download ZIP",
    downloading: "The download has started.",
    ready: "{files}, {size}. Kept until {moment}.",
    readyBefore: "{files}, {size}. It was there already, from an earlier export. Kept until {moment}.",
    cancelledAt: "It was {n}% done. Nothing of it is kept.",
    cancelledEarly: "It had not begun.",
    expiredOn: "It was deleted on {moment}. If the files are still there, they can be exported again.",
    cancel: "Cancel",
    askCancel: "Cancel “{name}”?",
    askCancelWords: "What has been built so far is thrown away. The files themselves stay.",
    keepGoing: "Keep going",
    yesCancel: "Cancel export",
    delete: "Delete",
    askDelete: "Delete “{name}”?",
    askDeleteWords: "Its archive and its share links are deleted. The archive stays while another export of yours has it. The files themselves stay.",
    askDeleteNone: "It goes from the list, and its share links stop working. The files themselves stay.",
    keep: "Keep it",
    yesDelete: "Delete export",
    deleted: "The export was deleted.",
    filesMissing: { one: "{n} file not found", other: "{n} files not found" },
    filesLeftOut: { one: "{n} file left out", other: "{n} files left out" },
    filesUnreadable: { one: "{n} file cannot be exported", other: "{n} files cannot be exported" },
    leftOutWords: "The archive has everything else, and a manifest.json that lists these too.",
    leftOutMany: "They are too many for this page. The manifest at the end of the archive lists them.",
    affectedMany: "They are too many for this page.",
    copyList: "Copy list",
    listCopied: "List copied.",
    cannotCopy: "This browser does not allow it.",
    moreInList: { one: "And {n} more: copy the list to see it.", other: "And {n} more: copy the list to see them." },
    started: "Started",
    took: "Took",
    id: "Id of the export",
    gone: "There is no such export",
    goneWords: "The link may be incomplete, or the export was deleted, or is so old that its record is gone.",
    revoked: "This link does not work any more",
    revokedWords: "It has expired, or was revoked. Ask for a new one where you got it.",
    openAgain: "Open the link again",
    openAgainWords: "This page does not keep what lets you in. Open the link that you were sent.",
    rename: "Rename",
    unreachable: "The server could not be reached.",
  },
  // mend.js
  mend: {
    again: "Export again",
    edit: "Edit and export again",
    skipMissing: { one: "Export without the missing file", other: "Export without the {n} missing files" },
    skipUnreadable: { one: "Export without the file that cannot be read", other: "Export without the {n} that cannot be read" },
    skipBoth: { one: "Export without this file", other: "Export without these {n} files" },
    // Where it is not known how many they are.
    skipMissingAll: "Export without the missing files",
    skipUnreadableAll: "Export without the files that cannot be read",
    skipBothAll: "Export without these files",
    name: "Name of the archive",
    noName: "Write a name first.",
    save: "Save",
    renamed: "The archive has a new name.",
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
  },
  // tell.js, watch.js
  tell: {
  },
  // signin.js
  signin: {
  },
};
