// What React must know of <longhaul-export>: its attributes, and its events as functions.
import type { LonghaulExport, LonghaulExportEventMap } from "longhaul/element";
import type { HTMLAttributes, RefAttributes } from "react";

type Listeners = {
  [Name in keyof LonghaulExportEventMap as `on${Name}`]?: (event: LonghaulExportEventMap[Name]) => void;
};

interface ExportAttributes extends HTMLAttributes<LonghaulExport>, RefAttributes<LonghaulExport> {
  /** Longhaul's base URL. */
  api: string;
  "selection-url"?: string;
  "file-ids"?: string;
  keys?: string;
  prefix?: string;
  filename?: string;
  storage?: "session" | "local" | "none";
  disabled?: boolean;
}

declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      "longhaul-export": ExportAttributes & Listeners;
    }
  }
}
