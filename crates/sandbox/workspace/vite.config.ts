import { defineConfig } from 'vitest/config';

/** Where `npm run dev` finds the sandbox. */
const sandbox = process.env.SANDBOX_URL ?? 'http://127.0.0.1:4000';

export default defineConfig({
  base: '/sandbox/assets/',
  build: {
    outDir: 'dist',
    assetsDir: '.',
    target: 'es2022',
    chunkSizeWarningLimit: 900,
  },
  server: {
    port: 4100,
    proxy: Object.fromEntries(
      ['/api', '/sandbox/workspace', '/sandbox/sdk', '/sandbox/apps'].map(path => [path, sandbox]),
    ),
  },
  test: {
    projects: [
      { extends: true, test: { name: 'unit', environment: 'jsdom', include: ['src/**/*.test.{ts,tsx}'] } },
      {
        extends: true,
        test: {
          name: 'browser',
          environment: 'node',
          include: ['test/browser/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
