import { defineConfig } from 'vitest/config';

/** Drives the built pages (`ui/dist`) in a real Chromium; see dev/README.md. */
export default defineConfig({
  test: {
    include: ['test/**/*.browser.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
});
