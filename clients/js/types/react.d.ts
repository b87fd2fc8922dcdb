// <longhaul-export> in JSX, for React 19: `import type {} from "longhaul/react"`, once, anywhere.

import type { DetailedHTMLProps, HTMLAttributes } from "react";
import type { LonghaulExport, LonghaulExportAttributes, LonghaulExportEventMap } from "longhaul/element";

type Listeners = { [Name in keyof LonghaulExportEventMap as `on${Name}`]?: (event: LonghaulExportEventMap[Name]) => void };
type Properties = Partial<Pick<LonghaulExport, "selection" | "request" | "token">>;

declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      "longhaul-export": DetailedHTMLProps<HTMLAttributes<LonghaulExport>, LonghaulExport> & LonghaulExportAttributes & Properties & Listeners;
    }
  }
}
