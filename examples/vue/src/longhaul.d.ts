// What Vue's templates must know of <longhaul-export>: its attributes and its events.
import type { LonghaulExport, LonghaulExportEventMap } from "longhaul/element";
import type { HTMLAttributes } from "vue";

// @longhaul-end in a template is onLonghaulEnd in its types.
type Listener<Name extends string> = Name extends `longhaul-${infer Rest}` ? `onLonghaul${Capitalize<Rest>}` : never;

type Listeners = {
  [Name in keyof LonghaulExportEventMap as Listener<Name>]?: (event: LonghaulExportEventMap[Name]) => void;
};

interface ExportAttributes extends HTMLAttributes {
  /** Longhaul's base URL. */
  api: string;
  selectionUrl?: string;
  fileIds?: string;
  keys?: string;
  prefix?: string;
  filename?: string;
  storage?: "session" | "local" | "none";
  disabled?: boolean;
}

declare module "vue" {
  interface GlobalComponents {
    "longhaul-export": new () => LonghaulExport & { $props: ExportAttributes & Listeners };
  }
}
