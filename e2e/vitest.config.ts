import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['journeys/**/*.test.ts'],
    setupFiles: ['src/on-failure.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Each journey has a demo and a browser of its own; several at once would measure the machine, not the product.
    fileParallelism: false,
  },
});
