import { defineConfig } from "vite";

// What a build writes depends on the sources and the lockfile alone, so that it can be compared byte by byte.
export default defineConfig({
  base: "./", // the page works behind any path
  build: {
    target: "es2023",
    sourcemap: false, // it would name folders of the machine that built
    assetsInlineLimit: 0, // the page's policy (CSP) takes no data: scripts or fonts
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1500, // three.js, in a chunk of its own that loads after the controls
    reportCompressedSize: false,
    license: { fileName: "licenses.md" },
  },
  server: {
    // `npm run dev` beside a `parley serve`, which takes the page for its own
    proxy: { "/parley": { target: "http://127.0.0.1:8088", ws: true, changeOrigin: true, rewriteWsOrigin: true } },
  },
  worker: { format: "es" },
});
