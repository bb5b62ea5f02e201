import { defineConfig } from 'vite';

/** Bundles the app-framework SDK into the one file that apps load by a script tag. */
export default defineConfig({
  build: {
    outDir: 'dist/sdk',
    emptyOutDir: true,
    target: 'es2018',
    lib: {
      entry: 'sdk/entry.ts',
      name: 'ZAFClientBundle',
      formats: ['iife'],
      fileName: () => 'zaf_sdk.min.js',
    },
    minify: true,
  },
});
