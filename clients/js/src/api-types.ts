// Made by `make client` from the OpenAPI document, by openapi-typescript.

export interface paths {
    "/v1/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The caller's jobs, newest first
         * @description Page by page: `cursor` of one answer is the parameter of the next. Long lists of files are left out; ask for the job itself.
         */
        get: operations["listExports"];
        put?: never;
        /**
         * Ask for an export
         * @description Answers at once with a job, which builds the archive. The body names files by `fileIds`, `keys`, `prefix` or `files`. Or it has a `selection`, which your backend has signed: this is proof enough, needs no token, and is answered with a `ticket` for the job.
         *
         *     Send an `Idempotency-Key`, and you can repeat the request until an answer arrives. If the same archive is there already, the job completes with it at once, unless `fresh` is true.
         */
        post: operations["createExport"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/export/{job_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How far a job is
         * @description Ask again after `Retry-After`. With `If-None-Match`, an answer that has not changed is 304. With `Prefer: wait=N` it comes as soon as something changes.
         */
        get: operations["getExport"];
        put?: never;
        post?: never;
        /**
         * Cancel a job that is open, or delete one that has ended
         * @description Which of the two is meant can be said with `only`. A deleted job takes its share links with it, and its archive unless another job has it.
         */
        delete: operations["cancelExport"];
        options?: never;
        head?: never;
        /**
         * Give the archive another name for downloads, whatever the job's status
         * @description The archive itself stays as it is. Other jobs that share it keep their names.
         */
        patch: operations["renameExport"];
        trace?: never;
    };
    "/v1/export/{job_id}/progress": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How far a job is, as server-sent events
         * @description For EventSource, or for fetch. Each answer has at most one event, and ends. The caller connects again after `retry` milliseconds, with the id that it has seen last. 204 says that there is nothing left to wait for.
         */
        get: operations["watchExport"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/export/{job_id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask for the same again after a failure, or for it with something changed
         * @description The old job stays as it is. `onMissing` and `onUnreadable` say what is to be left out this time; `format`, `compression` and `split`, what the archive is to be like.
         */
        post: operations["retryExport"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/export/{job_id}/request": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What a job was asked for, to be asked for again
         * @description createExport takes the answer as it is, or changed.
         */
        get: operations["exportRequest"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/export/{job_id}/download": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A link to the archive, or to each of several
         * @description The link works for some minutes, for everybody who has it. With `redirect=true` the answer leads there: a browser or `curl -LOJ` then saves the archive, straight from S3.
         *
         *     The files of an export with `split` may go to several archives. Then the answer lists them, and `archive=1` gives a link to the first. The archives stay the same.
         */
        get: operations["downloadArchive"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/export/{job_id}/shares": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The job's links that are good now
         * @description The links themselves are not shown again.
         */
        get: operations["listShares"];
        put?: never;
        /**
         * A link by which others see the job and download its archive
         * @description Whoever has the link sees the job and downloads its archive, without signing in, until the link expires or is revoked.
         */
        post: operations["shareExport"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/export/{job_id}/shares/{share_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revoke a link
         * @description It stops working at once.
         */
        delete: operations["revokeShare"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/export/{job_id}/notify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Have one more told of the job's end, or all once more
         * @description With a body, one more is told. Without, all who are to be told are told once more. It may be called before the job has ended, and after.
         */
        post: operations["notifyAgain"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/notifications": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How the caller can be told of a job's end
         * @description Says which `url` and `email` `notify` takes.
         */
        get: operations["listReceivers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/files": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What there is to export, folder by folder
         * @description Without `prefix`, the top of what the caller may have. `folders` can be looked into, or exported as a `prefix`; the `key` of a file goes into `keys`.
         */
        get: operations["listFiles"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/files/totals": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How many files are below a prefix, and how large they are
         * @description Counts for some seconds. If there are more files then, `cursor` goes on, and the answers are added up.
         */
        get: operations["countFiles"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/estimate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * About how long an export takes, and what is too much
         * @description It looks at no file: say how many there are. `exceeded` names what would be refused.
         */
        get: operations["estimateExport"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/download/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Whether files can be exported, and what they are called
         * @description Up to 100 files, each of which is looked up. If one cannot be exported, `reason` says why.
         */
        post: operations["checkAvailability"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/users/{user_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Delete all jobs of a user, with their archives; for administrators
         * @description As many as fit into one request: repeat it while `more` is true.
         */
        delete: operations["eraseUser"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Whether the stack can work
         * @description Reads from the bucket, the table and the queue. For load balancers.
         */
        get: operations["health"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/.well-known/oauth-protected-resource": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Where people sign in (RFC 9728)
         * @description The OpenID provider whose tokens this stack takes (AUTH=jwt), for clients that sign people in.
         */
        get: operations["protectedResource"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * This document
         * @description The description that this reference is made of.
         */
        get: operations["openapi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description Exactly one of fileIds, keys, prefix and files says which files to export. */
        ExportRequest: {
            /** @description Files by id; an id that comes twice counts once. */
            fileIds?: (string | number)[];
            /** @description Files by their key in the source bucket; each counts once. */
            keys?: string[];
            /** @description Every file of the source bucket whose key begins with this. */
            prefix?: string;
            /** @description Files and folders, each with a name of its own if you like. The same file may come under several names; what comes twice in the same way counts once. */
            files?: {
                /** @description A text that matches the pattern. A whole number counts as its digits. */
                id?: string | number;
                key?: string;
                /** @description All files whose keys begin with this. */
                prefix?: string;
                /** @description The path of the file in the archive, which may have folders. For a prefix: the folder that its files go to; . is the top. It is made safe for all systems. Without it the file has its own name. */
                name?: string;
                /** @description A version id of S3, in a bucket with versions; not for a prefix. Without it, the newest version counts. */
                version?: string;
            }[];
            /** @description Where the files are; without it, the first of these. */
            source?: string;
            /** @description The name under which the archive is downloaded. No control characters. */
            filename?: string;
            /**
             * @description What the archive is: a ZIP, a tar (PAX), or a tar that gzip compresses.
             * @default zip
             * @enum {unknown}
             */
            format?: "zip" | "tar" | "tar.gz";
            /**
             * @description How the files are compressed: all of them (deflate), all but those that are compressed already (auto), or none. Without it, the files of a tar.gz are compressed, and those of a zip or tar are not. A tar is never compressed, a tar.gz always.
             * @enum {unknown}
             */
            compression?: "none" | "deflate" | "auto";
            /** @description The most bytes of one archive. The files go to as many archives as that takes, each of which is whole by itself. Without it there is one archive. */
            split?: number;
            /**
             * @description When a file does not exist: fail, or leave it out and list it.
             * @default skip
             * @enum {unknown}
             */
            onMissing?: "fail" | "skip";
            /**
             * @description When a file is there and cannot be read (it is in cold storage, or access is denied): fail, or leave it out and list it.
             * @default fail
             * @enum {unknown}
             */
            onUnreadable?: "fail" | "skip";
            /**
             * @description How the files of keys and prefixes are called to which the request gives no name: by their keys, or with their own names (as files by id) in the folders of their keys. If there are more than 100,000 files below the prefixes, these keep the names of their keys.
             * @default key
             * @enum {unknown}
             */
            names?: "key" | "own";
            /**
             * @description Whose job it is, where nobody has to prove who they are (AUTH=none).
             * @default anonymous
             */
            userId?: string;
            /**
             * @description Build a new archive even if one of the same files is there already.
             * @default false
             */
            fresh?: boolean;
            /** @description Who is told when the job has ended. GET /v1/notifications says who can be. */
            notify?: {
                /** @description A webhook: a URL with https, of a host that the stack allows. */
                url?: string;
                /** @description A mail address: the caller's own, or one that the stack allows. */
                email?: string;
            };
        };
        /** @description What the caller's backend has signed. It needs no other proof. */
        SelectionRequest: {
            /** @description A JWS, signed with HS256: docs/selections.md has its claims. */
            selection: string;
            /**
             * @description Build a new archive even if one of the same files is there already.
             * @default false
             */
            fresh?: boolean;
        };
        /** @description Exactly one of fileId, fileIds and keys says which files. */
        CheckRequest: {
            /** @description A text that matches the pattern. A whole number counts as its digits. */
            fileId?: string | number;
            fileIds?: (string | number)[];
            keys?: string[];
            /** @description Where the files are; without it, the first of these. */
            source?: string;
        };
        ShareRequest: {
            /**
             * @description Seconds that the link lives. The setting SHARE_MAX_DAYS is the limit.
             * @default 86400
             */
            expiresIn?: number;
        };
        /** @description What is to be different this time. Without a body, or with an empty object, it is the same again. With a format and no compression, that is the usual one of the format. */
        RetryRequest: {
            /**
             * @description When a file does not exist: fail, or leave it out and list it.
             * @enum {unknown}
             */
            onMissing?: "fail" | "skip";
            /**
             * @description When a file is there and cannot be read (it is in cold storage, or access is denied): fail, or leave it out and list it.
             * @enum {unknown}
             */
            onUnreadable?: "fail" | "skip";
            /** @description The name under which the archive is downloaded. No control characters. */
            filename?: string;
            /**
             * @description What the archive is: a ZIP, a tar (PAX), or a tar that gzip compresses.
             * @enum {unknown}
             */
            format?: "zip" | "tar" | "tar.gz";
            /**
             * @description How the files are compressed: all of them (deflate), all but those that are compressed already (auto), or none. Without it, the files of a tar.gz are compressed, and those of a zip or tar are not. A tar is never compressed, a tar.gz always.
             * @enum {unknown}
             */
            compression?: "none" | "deflate" | "auto";
            /** @description The most bytes of one archive. The files go to as many archives as that takes, each of which is whole by itself. Without it there is one archive. */
            split?: number;
        };
        RenameRequest: {
            /** @description The name under which the archive is downloaded. No control characters. */
            filename: string;
        };
        /** @description Who is told besides. Without a body, or with an empty object, all who were told are told again. */
        NotifyRequest: {
            /** @description A webhook: a URL with https, of a host that the stack allows. */
            url?: string;
            /** @description A mail address: the caller's own, or one that the stack allows. */
            email?: string;
        };
        ExportAccepted: {
            /** Format: uuid */
            jobId: string;
            /** @enum {unknown} */
            status: "queued" | "processing" | "completed" | "failed" | "cancelled" | "expired";
            /** @description 0 if there is a prefix, which is listed later. */
            totalFiles: number;
            message: string;
            /** Format: uri */
            statusUrl: string;
            /** Format: uri */
            sseUrl: string;
            /**
             * Format: uri
             * @description GET it and follow redirects: these are the archive's bytes, once there is one. Of several archives it is the first.
             */
            downloadUrl: string;
            /**
             * Format: uri
             * @description Answers with a link to the archive, as JSON; of several archives, with the list of them.
             */
            linkUrl: string;
            /** @description The id of the job's trace. Unlike the job's id it opens nothing: support may be shown it. */
            traceId: string;
            /** @description After a selection: a bearer token with which to follow this job, to download its archive, and to cancel or delete it. */
            ticket?: string;
            /** Format: date-time */
            ticketExpiresAt?: string;
        };
        Job: {
            /** Format: uuid */
            jobId: string;
            /** @description The archive's name when it is downloaded. */
            filename: string;
            /** @enum {unknown} */
            format: "zip" | "tar" | "tar.gz";
            /** @description How many archives the files go to. It is 1 until the job is planned. */
            archives: number;
            /** @enum {unknown} */
            status: "queued" | "processing" | "completed" | "failed" | "cancelled" | "expired";
            progress: {
                percent: number;
                /** @description How many files are in the archive. */
                currentFile: number;
                /** @description Those that are skipped count too. */
                totalFiles: number;
                /** @description Bytes of the archives that are there. While files are compressed nobody knows how long the archives will be: until the job completes, these are then bytes of the files, and so are `bytesTotal`. */
                bytesDone: number;
                /** @description 0 until the archive is planned. */
                bytesTotal: number;
                /** @enum {unknown} */
                stage: "queued" | "planning" | "reading" | "compressing" | "assembling" | "finalizing" | "done";
                message: string;
                etaSeconds: number | null;
            };
            result: {
                /** @description Of several archives, the last one's. */
                s3Key: string;
                /** @description Bytes, of all archives together. */
                fileSize: number;
                processedFiles: number;
                totalFiles: number;
                missing: (number | string)[] | null;
                skipped: {
                    /** @description The file's id, or its key. */
                    file: number | string;
                    /**
                     * @description Why the file is not in the archive, or cannot be exported. For missing it does not exist, for archived it is in cold storage, for encrypted only the customer has the key (SSE-C), for key-unusable its KMS key cannot be used.
                     * @enum {unknown}
                     */
                    reason: "missing" | "archived" | "denied" | "encrypted" | "key-unusable" | "changed" | "too-large" | "refused";
                    /** @description The same for people. */
                    detail: string;
                }[] | null;
                /** @description GET it and follow redirects: these are the archive's bytes, once there is one. Of several archives it is the first. Null once expired. */
                downloadUrl: string | null;
                /** @description Answers with a link to the archive, as JSON; of several archives, with the list of them. Null once expired. */
                linkUrl: string | null;
                /** @description GET it and follow redirects: a table (CSV) of where each file is in a tar; of several archives, in the first. Null for other formats, and once expired. */
                indexUrl: string | null;
                /**
                 * Format: uuid
                 * @description The job that the archive was built for, if it was there already: same request, same files.
                 */
                reusedFrom?: string;
            } | null;
            error: {
                /** @enum {unknown} */
                type: "urn:problem-type:longhaul:access-denied" | "urn:problem-type:longhaul:given-up" | "urn:problem-type:longhaul:limit-exceeded" | "urn:problem-type:longhaul:nothing-to-export" | "urn:problem-type:longhaul:quota-exceeded" | "urn:problem-type:longhaul:source-changed" | "urn:problem-type:longhaul:source-missing" | "urn:problem-type:longhaul:source-unreadable" | "urn:problem-type:longhaul:storage-refused";
                title: string;
                detail: string;
                /** @description What can be done about it, the best first. skip-missing and skip-unreadable: a retry with onMissing or onUnreadable as skip; with both where both are there. retry: the same again may succeed. edit: another request may. */
                remedies: ("skip-missing" | "skip-unreadable" | "retry" | "edit")[];
                /** @description How many files are to blame; 0 if it is for other reasons. */
                affectedFiles: number;
                affected: {
                    /** @description The file's id, or its key. */
                    file: number | string;
                    /**
                     * @description Why the file is not in the archive, or cannot be exported. For missing it does not exist, for archived it is in cold storage, for encrypted only the customer has the key (SSE-C), for key-unusable its KMS key cannot be used.
                     * @enum {unknown}
                     */
                    reason: "missing" | "archived" | "denied" | "encrypted" | "key-unusable" | "changed" | "too-large" | "refused";
                    /** @description The same for people. */
                    detail: string;
                }[] | null;
            } | null;
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            updatedAt: string;
            /** Format: date-time */
            expiresAt: string;
            /** @description The id of the job's trace. Unlike the job's id it opens nothing: support may be shown it. */
            traceId: string;
            /**
             * Format: uuid
             * @description The job that this one is a retry of, if it is one.
             */
            retryOf?: string;
            /** @description Who is told of the job's end, and what has come of it. A job that nobody asked to be told of has none. Nor has a job in a list, in an event, or by a share link. */
            notifications?: {
                /** @enum {unknown} */
                kind: "webhook" | "mail";
                /** @description The URL or the mail address. Of the stack's own webhook only the origin, or nothing if it has none any more. */
                to: string;
                /**
                 * @description For pending it is sent when the job ends, or is being sent. For given-up no other try is made. For opted-out the address wants no mail.
                 * @enum {unknown}
                 */
                status: "pending" | "retrying" | "sent" | "given-up" | "opted-out";
                /** @description Tries since it was last asked for. */
                attempts: number;
                lastError: string | null;
                nextAttemptAt: string | null;
            }[];
        };
        AskedFor: {
            /** @enum {unknown} */
            onMissing: "fail" | "skip";
            /** @enum {unknown} */
            onUnreadable: "fail" | "skip";
            /** @enum {unknown} */
            names: "key" | "own";
            fresh: boolean;
            fileIds?: (number | string)[];
            keys?: string[];
            prefix?: string;
            files?: {
                id?: number | string;
                key?: string;
                prefix?: string;
                name?: string;
                version?: string;
            }[];
            source?: string;
            /**
             * @description Not there for a zip.
             * @enum {unknown}
             */
            format?: "zip" | "tar" | "tar.gz";
            /** @enum {unknown} */
            compression?: "none" | "deflate" | "auto";
            split?: number;
            /** @description The name that somebody has given the archive, if any. */
            filename?: string;
        };
        /** @description Server-sent events: one at most, and then the stream ends. The event's type is the job's status, its data a Job as JSON, in which a list of files that are not in the archive is null if it is long. The field retry says in how many milliseconds to connect again. */
        EventStream: string;
        JobList: {
            jobs: {
                /** Format: uuid */
                jobId: string;
                /** @description The archive's name when it is downloaded. */
                filename: string;
                /** @enum {unknown} */
                format: "zip" | "tar" | "tar.gz";
                /** @description How many archives the files go to. It is 1 until the job is planned. */
                archives: number;
                /** @enum {unknown} */
                status: "queued" | "processing" | "completed" | "failed" | "cancelled" | "expired";
                progress: {
                    percent: number;
                    /** @description How many files are in the archive. */
                    currentFile: number;
                    /** @description Those that are skipped count too. */
                    totalFiles: number;
                    /** @description Bytes of the archives that are there. While files are compressed nobody knows how long the archives will be: until the job completes, these are then bytes of the files, and so are `bytesTotal`. */
                    bytesDone: number;
                    /** @description 0 until the archive is planned. */
                    bytesTotal: number;
                    /** @enum {unknown} */
                    stage: "queued" | "planning" | "reading" | "compressing" | "assembling" | "finalizing" | "done";
                    message: string;
                    etaSeconds: number | null;
                };
                result: {
                    /** @description Of several archives, the last one's. */
                    s3Key: string;
                    /** @description Bytes, of all archives together. */
                    fileSize: number;
                    processedFiles: number;
                    totalFiles: number;
                    missing: (number | string)[] | null;
                    skipped: {
                        /** @description The file's id, or its key. */
                        file: number | string;
                        /**
                         * @description Why the file is not in the archive, or cannot be exported. For missing it does not exist, for archived it is in cold storage, for encrypted only the customer has the key (SSE-C), for key-unusable its KMS key cannot be used.
                         * @enum {unknown}
                         */
                        reason: "missing" | "archived" | "denied" | "encrypted" | "key-unusable" | "changed" | "too-large" | "refused";
                        /** @description The same for people. */
                        detail: string;
                    }[] | null;
                    /** @description GET it and follow redirects: these are the archive's bytes, once there is one. Of several archives it is the first. Null once expired. */
                    downloadUrl: string | null;
                    /** @description Answers with a link to the archive, as JSON; of several archives, with the list of them. Null once expired. */
                    linkUrl: string | null;
                    /** @description GET it and follow redirects: a table (CSV) of where each file is in a tar; of several archives, in the first. Null for other formats, and once expired. */
                    indexUrl: string | null;
                    /**
                     * Format: uuid
                     * @description The job that the archive was built for, if it was there already: same request, same files.
                     */
                    reusedFrom?: string;
                } | null;
                error: {
                    /** @enum {unknown} */
                    type: "urn:problem-type:longhaul:access-denied" | "urn:problem-type:longhaul:given-up" | "urn:problem-type:longhaul:limit-exceeded" | "urn:problem-type:longhaul:nothing-to-export" | "urn:problem-type:longhaul:quota-exceeded" | "urn:problem-type:longhaul:source-changed" | "urn:problem-type:longhaul:source-missing" | "urn:problem-type:longhaul:source-unreadable" | "urn:problem-type:longhaul:storage-refused";
                    title: string;
                    detail: string;
                    /** @description What can be done about it, the best first. skip-missing and skip-unreadable: a retry with onMissing or onUnreadable as skip; with both where both are there. retry: the same again may succeed. edit: another request may. */
                    remedies: ("skip-missing" | "skip-unreadable" | "retry" | "edit")[];
                    /** @description How many files are to blame; 0 if it is for other reasons. */
                    affectedFiles: number;
                    affected: {
                        /** @description The file's id, or its key. */
                        file: number | string;
                        /**
                         * @description Why the file is not in the archive, or cannot be exported. For missing it does not exist, for archived it is in cold storage, for encrypted only the customer has the key (SSE-C), for key-unusable its KMS key cannot be used.
                         * @enum {unknown}
                         */
                        reason: "missing" | "archived" | "denied" | "encrypted" | "key-unusable" | "changed" | "too-large" | "refused";
                        /** @description The same for people. */
                        detail: string;
                    }[] | null;
                } | null;
                /** Format: date-time */
                createdAt: string;
                /** Format: date-time */
                updatedAt: string;
                /** Format: date-time */
                expiresAt: string;
                /** @description The id of the job's trace. Unlike the job's id it opens nothing: support may be shown it. */
                traceId: string;
                /**
                 * Format: uuid
                 * @description The job that this one is a retry of, if it is one.
                 */
                retryOf?: string;
                /** @description Who is told of the job's end, and what has come of it. A job that nobody asked to be told of has none. Nor has a job in a list, in an event, or by a share link. */
                notifications?: {
                    /** @enum {unknown} */
                    kind: "webhook" | "mail";
                    /** @description The URL or the mail address. Of the stack's own webhook only the origin, or nothing if it has none any more. */
                    to: string;
                    /**
                     * @description For pending it is sent when the job ends, or is being sent. For given-up no other try is made. For opted-out the address wants no mail.
                     * @enum {unknown}
                     */
                    status: "pending" | "retrying" | "sent" | "given-up" | "opted-out";
                    /** @description Tries since it was last asked for. */
                    attempts: number;
                    lastError: string | null;
                    nextAttemptAt: string | null;
                }[];
            }[];
            cursor: string | null;
        };
        Files: {
            /** @description What was asked for. */
            prefix: string;
            /** @description The name of the source that is listed. */
            source: string;
            /** @description The names of all sources. The first is the default one. */
            sources: string[];
            /** @description Where the files begin; nothing above is shown. */
            topPrefix: string;
            folders: {
                name: string;
                /** @description To look into it, or export it. */
                prefix: string;
            }[];
            files: {
                name: string;
                /** @description For `keys` of an export. */
                key: string;
                /** @description Bytes. */
                size: number;
                /** Format: date-time */
                lastModified: string;
                /** @description Why it cannot be exported, as far as a listing tells. */
                unreadable: {
                    /**
                     * @description Why the file is not in the archive, or cannot be exported. For missing it does not exist, for archived it is in cold storage, for encrypted only the customer has the key (SSE-C), for key-unusable its KMS key cannot be used.
                     * @enum {unknown}
                     */
                    reason: "missing" | "archived" | "denied" | "encrypted" | "key-unusable" | "changed" | "too-large" | "refused";
                    /** @description The same for people. */
                    detail: string;
                } | null;
            }[];
            cursor: string | null;
        };
        Totals: {
            /** @description What was asked for. */
            prefix: string;
            /** @description The name of the source. */
            source: string;
            /** @description Files that an export takes, as far as a listing tells: those that were counted for this answer. */
            files: number;
            /** @description How many bytes these files have. */
            bytes: number;
            /** @description Files besides that cannot be exported, as far as a listing tells. */
            unreadableFiles: number;
            cursor: string | null;
        };
        Estimate: {
            files: number;
            bytes: number;
            /** @description About how long such an export takes on AWS, if its files have about the same size. */
            seconds: number;
            limits: {
                /** @description Rows of a request: ids, keys, or `files`. Null: no limit. */
                entries: number | null;
                /** @description Files that the prefixes of `files` may find. Null: no limit. */
                listedFiles: number | null;
                /** @description Bytes of a request. Null: no limit. */
                bodyBytes: number | null;
                /** @description Bytes of an archive; with `split`, of all archives together, unless files are compressed. Null: no limit. */
                archiveBytes: number | null;
                /** @description Files of an export, if the stack has such a limit. Null: no limit. */
                filesPerJob: number | null;
                /** @description Bytes of the files of an export, if the stack has such a limit. Null: no limit. */
                bytesPerJob: number | null;
                /** @description Bytes that the caller may still export on this day (UTC), if there is such a limit. Null: no limit. */
                bytesLeftToday: number | null;
            };
            /** @description The limits that such an export would exceed. */
            exceeded: {
                /** @enum {unknown} */
                limit: "entries" | "listedFiles" | "bodyBytes" | "archiveBytes" | "filesPerJob" | "bytesPerJob" | "bytesLeftToday";
                most: number;
                /** @description The same for people. */
                detail: string;
            }[];
        };
        /** @description Of several archives, without `archive` and `index`: the list of them. */
        Download: {
            /** Format: uuid */
            jobId: string;
            /** @constant */
            status: "ready";
            /**
             * Format: uri
             * @description A presigned link straight to S3: GET it for the archive's bytes.
             */
            downloadUrl: string;
            /** @description Seconds. */
            expiresIn: number;
            /** @description The name that it is saved under. */
            filename: string;
            message: string;
        } | {
            /** Format: uuid */
            jobId: string;
            /** @constant */
            status: "ready";
            /** @description All archives, in their order. */
            archives: {
                /** @description Its number, from 1. */
                archive: number;
                /** @description Its name when it is saved. */
                filename: string;
                /** @description Bytes. */
                size: number;
                /**
                 * Format: uri
                 * @description GET it and follow redirects: these are the archive's bytes.
                 */
                downloadUrl: string;
                /**
                 * Format: uri
                 * @description Answers with a link to this archive, as JSON.
                 */
                linkUrl: string;
            }[];
            message: string;
        };
        /** @description For fileIds or keys a list: each once, in their order. */
        CheckAnswer: {
            files: {
                /** @description The file's id, or its key. */
                file: number | string;
                /** @description Whether it is there and can be read. */
                available: boolean;
                s3Key: string | null;
                size: number | null;
                name: string | null;
                reason: ("missing" | "archived" | "denied" | "encrypted" | "key-unusable" | "changed" | "too-large" | "refused") | null;
                detail: string | null;
            }[];
        } | {
            /** @description The file's id, or its key. */
            fileId: number | string;
            /** @description Whether it is there and can be read. */
            available: boolean;
            s3Key: string | null;
            size: number | null;
            name: string | null;
            reason: ("missing" | "archived" | "denied" | "encrypted" | "key-unusable" | "changed" | "too-large" | "refused") | null;
            detail: string | null;
        };
        Share: {
            id: string;
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            expiresAt: string;
            /** @description As a bearer token: sees the job, and downloads it. */
            ticket: string;
            /**
             * Format: uri
             * @description The page, with the ticket. It is shown only this once.
             */
            url: string;
        };
        Shares: {
            shares: {
                id: string;
                /** Format: date-time */
                createdAt: string;
                /** Format: date-time */
                expiresAt: string;
            }[];
        };
        Notifications: {
            /** @description Who is told of the job's end, and what has come of it. A job that nobody asked to be told of has none. Nor has a job in a list, in an event, or by a share link. */
            notifications: {
                /** @enum {unknown} */
                kind: "webhook" | "mail";
                /** @description The URL or the mail address. Of the stack's own webhook only the origin, or nothing if it has none any more. */
                to: string;
                /**
                 * @description For pending it is sent when the job ends, or is being sent. For given-up no other try is made. For opted-out the address wants no mail.
                 * @enum {unknown}
                 */
                status: "pending" | "retrying" | "sent" | "given-up" | "opted-out";
                /** @description Tries since it was last asked for. */
                attempts: number;
                lastError: string | null;
                nextAttemptAt: string | null;
            }[];
        };
        Receivers: {
            /** @description Null if the stack sends none. */
            webhook: {
                /** @description Where webhooks may go. `*.` stands for the beginning of a name, `*` for every host. Without a port it is 443. */
                hosts: string[];
            } | null;
            /** @description Null if the stack sends none, or none that this caller may ask for. */
            mail: {
                address: string | null;
                /** @description The addresses that may be told besides. `@` and a domain stands for all of its addresses. */
                to: string[];
            } | null;
        };
        Erased: {
            deletedJobs: number;
            /** @description Ask again: there are more. */
            more: boolean;
        };
        Health: {
            /** @enum {unknown} */
            status: "healthy" | "unhealthy";
            checks: {
                /** @enum {unknown} */
                storage: "ok" | "error";
                /** @enum {unknown} */
                database: "ok" | "error";
                /** @enum {unknown} */
                queue: "ok" | "error";
            };
        };
        ProtectedResource: {
            /** Format: uri */
            resource: string;
            authorization_servers: string[];
            bearer_methods_supported: string[];
            scopes_supported: string[];
            longhaul_client_id: string | null;
            /** @description For whom the tokens must be (aud). */
            longhaul_audience: string;
        };
        /** @description https://spec.openapis.org/oas/v3.1.0 */
        OpenApi: Record<string, never>;
        /** @description RFC 9457 problem details. */
        Problem: {
            /**
             * Format: uri
             * @description Decide by this. A later version may have more of them: take one that you do not know by its status. For about:blank the request did not reach the stack's functions.
             * @enum {string}
             */
            type: "urn:problem-type:longhaul:already-ended" | "urn:problem-type:longhaul:body-too-large" | "urn:problem-type:longhaul:expired" | "urn:problem-type:longhaul:forbidden" | "urn:problem-type:longhaul:idempotency-key-reused" | "urn:problem-type:longhaul:internal-error" | "urn:problem-type:longhaul:invalid-request" | "urn:problem-type:longhaul:malformed-body" | "urn:problem-type:longhaul:method-not-allowed" | "urn:problem-type:longhaul:no-notifications" | "urn:problem-type:longhaul:not-ended" | "urn:problem-type:longhaul:not-found" | "urn:problem-type:longhaul:not-ready" | "urn:problem-type:longhaul:not-retryable" | "urn:problem-type:longhaul:quota-exceeded" | "urn:problem-type:longhaul:rate-limited" | "urn:problem-type:longhaul:request-gone" | "urn:problem-type:longhaul:selection-used" | "urn:problem-type:longhaul:too-many-jobs" | "urn:problem-type:longhaul:too-many-notifications" | "urn:problem-type:longhaul:too-many-shares" | "urn:problem-type:longhaul:unauthorized" | "urn:problem-type:longhaul:unavailable" | "urn:problem-type:longhaul:unsupported-media-type" | "about:blank";
            title: string;
            status: number;
            /** @description The same for people, in English. */
            detail: string;
            /** @description For the operator: the log has it too. */
            requestId: string;
            /** @description What is wrong with a request, the first 20 at most. A pointer is a JSON pointer into the body, or the name of a header or parameter. */
            errors?: {
                pointer: string;
                detail: string;
            }[];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    listExports: {
        parameters: {
            query?: {
                /** @description Whose jobs. */
                userId?: string;
                /** @description Jobs on one page. */
                limit?: number;
                /** @description From the page before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobList"];
                };
            };
            /** @description The request is wrong, and what is wrong with it. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once: ask again after Retry-After. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createExport: {
        parameters: {
            query?: never;
            header?: {
                /** @description A repeated request with the same key returns the first one's job. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ExportRequest"] | components["schemas"]["SelectionRequest"];
            };
        };
        responses: {
            /** @description Accepted; the job is queued. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExportAccepted"];
                };
            };
            /** @description The request is wrong, and what is wrong with it. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not sent as JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It cannot be done as it was asked for. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once: ask again after Retry-After. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getExport: {
        parameters: {
            query?: never;
            header?: {
                /** @description An ETag. */
                "If-None-Match"?: string;
                /** @description wait=N holds the answer for up to N seconds, or as long as the stack allows, until it would be another one (RFC 7240). */
                Prefer?: string;
            };
            path: {
                /** @description The job's id. */
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The job. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            /** @description Not changed since the ETag given. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is none, or it is another user's. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once: ask again after Retry-After. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancelExport: {
        parameters: {
            query?: {
                /** @description Only cancel, or only delete: a job may end at the moment when somebody cancels it. */
                only?: "open" | "ended";
            };
            header?: never;
            path: {
                /** @description The job's id. */
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It was open, and is cancelled. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            /** @description It had ended, and is deleted with its archive. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is wrong, and what is wrong with it. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is none, or it is another user's. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The job is not in a state for this. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once: ask again after Retry-After. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    renameExport: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The job's id. */
                job_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RenameRequest"];
            };
        };
        responses: {
            /** @description The job with its new name. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            /** @description The request is wrong, and what is wrong with it. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is none, or it is another user's. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not sent as JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once: ask again after Retry-After. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    watchExport: {
        parameters: {
            query?: {
                /** @description The id of the event that was seen last. For callers that cannot send the header, which comes first. */
                lastEventId?: string;
            };
            header?: {
                /** @description The id of the event that was seen last. */
                "Last-Event-ID"?: string;
            };
            path: {
                /** @description The job's id. */
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The job's state, unless the caller has seen it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": components["schemas"]["EventStream"];
                };
            };
            /** @description The job has ended, and the caller has seen how. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is none, or it is another user's. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once: ask again after Retry-After. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    retryExport: {
        parameters: {
            query?: never;
            header?: {
                /** @description A repeated retry, with the same changes, returns the first one's job. With a key, only a retry with the same key does. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The job's id. */
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["RetryRequest"];
            };
        };
        responses: {
            /** @description Accepted as a new job, which takes over what was uploaded for the failed one if the files are still the same. Cancelled and expired jobs can be retried too, and completed ones whose archive is gone. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExportAccepted"];
                };
            };
            /** @description The request is wrong, and what is wrong with it. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is none, or it is another user's. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The job is not in a state for this. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It was there, and is gone. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not sent as JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It cannot be done as it was asked for. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once: ask again after Retry-After. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    exportRequest: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The job's id. */
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A body of createExport. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AskedFor"];
                };
            };
            /** @description Not signed in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is none, or it is another user's. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It was there, and is gone. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once: ask again after Retry-After. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    downloadArchive: {
        parameters: {
            query?: {
                /** @description Answer with a redirect to the link; of several archives without `archive`, to the first. */
                redirect?: boolean;
                /** @description The number of one of several archives, from 1. Without it the answer lists them. */
                archive?: number;
                /** @description Not the archive, but the table of where each file is in a tar (CSV). Each of several archives has one; without `archive`, that of the first. */
                index?: boolean;
            };
            header?: never;
            path: {
                /** @description The job's id. */
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A fresh presigned link, or the list of archives. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Download"];
                };
            };
            /** @description The link, as a redirect. */
            303: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is wrong, and what is wrong with it. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is none, or it is another user's. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The job is not in a state for this. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It was there, and is gone. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once: ask again after Retry-After. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listShares: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The job's id. */
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The oldest first, without their tickets. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Shares"];
                };
            };
            /** @description Not signed in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is none, or it is another user's. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once: ask again after Retry-After. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    shareExport: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The job's id. */
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["ShareRequest"];
            };
        };
        responses: {
            /** @description The link, which is shown only this once. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Share"];
                };
            };
            /** @description The request is wrong, and what is wrong with it. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is none, or it is another user's. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The job is not in a state for this. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not sent as JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once: ask again after Retry-After. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    revokeShare: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The job's id. */
                job_id: string;
                /** @description The share's id. */
                share_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The link does not work any more. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not signed in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is none, or it is another user's. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once: ask again after Retry-After. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    notifyAgain: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The job's id. */
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["NotifyRequest"];
            };
        };
        responses: {
            /** @description They are told when the job ends, or now if it has ended. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Notifications"];
                };
            };
            /** @description The request is wrong, and what is wrong with it. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is none, or it is another user's. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The job is not in a state for this. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not sent as JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once: ask again after Retry-After. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listReceivers: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Where webhooks and mail may go. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Receivers"];
                };
            };
            /** @description Not signed in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once: ask again after Retry-After. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listFiles: {
        parameters: {
            query?: {
                /** @description Whose files; without it, the first of these. */
                source?: string;
                /** @description A folder, with the `/` at its end, or the beginning of names in it. */
                prefix?: string;
                /** @description The most folders and files on one page. There may be fewer, and a cursor. */
                limit?: number;
                /** @description From the page before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page, in the order of the keys. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Files"];
                };
            };
            /** @description The request is wrong, and what is wrong with it. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once: ask again after Retry-After. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    countFiles: {
        parameters: {
            query?: {
                /** @description Whose files; without it, the first of these. */
                source?: string;
                /** @description A folder, with the `/` at its end, or the beginning of names in it. */
                prefix?: string;
                /** @description From the answer before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What could be counted in some seconds. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Totals"];
                };
            };
            /** @description The request is wrong, and what is wrong with it. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once: ask again after Retry-After. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    estimateExport: {
        parameters: {
            query: {
                /** @description Files, with those in folders. */
                files: number;
                /** @description The bytes of all files. */
                bytes: number;
                /** @description Rows of the request. */
                entries?: number;
                /** @description As in the request. */
                format?: "zip" | "tar" | "tar.gz";
                /** @description As in the request. For auto, the answer says how long it takes if all files are compressed. */
                compression?: "none" | "deflate" | "auto";
                /** @description As in the request. */
                split?: number;
                /** @description Whose bytes of the day. */
                userId?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What is known before the files are looked at. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Estimate"];
                };
            };
            /** @description The request is wrong, and what is wrong with it. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once: ask again after Retry-After. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    checkAvailability: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CheckRequest"];
            };
        };
        responses: {
            /** @description Whether they are there, and can be read. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CheckAnswer"];
                };
            };
            /** @description The request is wrong, and what is wrong with it. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not sent as JSON. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once: ask again after Retry-After. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    eraseUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The user. */
                user_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How many are deleted, and whether to ask again. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Erased"];
                };
            };
            /** @description The request is wrong, and what is wrong with it. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not signed in. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The caller may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much at once: ask again after Retry-After. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    health: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All is well. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            /** @description A check fails. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
        };
    };
    protectedResource: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The issuer of the tokens. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProtectedResource"];
                };
            };
            /** @description There is none, or it is another user's. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    openapi: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OpenAPI 3.1. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenApi"];
                };
            };
            /** @description Any other problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
