// <longhaul-export> in templates of Vue 3: `import type {} from "longhaul/vue"`, once, anywhere.

import type { DefineComponent } from "vue";
import type { LonghaulExport, LonghaulExportAttributes } from "longhaul/element";

type Properties = Partial<Pick<LonghaulExport, "selection" | "request" | "token">>;

declare module "vue" {
  interface GlobalComponents {
    "longhaul-export": DefineComponent<LonghaulExportAttributes & Properties>;
  }
}
