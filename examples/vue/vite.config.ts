import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vite";

export default defineConfig({
  // Vue leaves this tag to the browser, and sets attributes and listeners on it.
  plugins: [vue({ template: { compilerOptions: { isCustomElement: (tag) => tag === "longhaul-export" } } })],
});
