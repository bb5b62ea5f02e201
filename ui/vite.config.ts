import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { compress } from './build/compress.ts';
import { icons } from './build/icons.ts';
import { findPages } from './build/pages.ts';
import { resolveForApps } from './build/resolve.ts';
import { harness } from './dev/vite-plugin.ts';

export const uiDir = dirname(fileURLToPath(import.meta.url));
const appsDir = join(uiDir, '../apps');

export default defineConfig({
  root: uiDir,
  // The chunks find each other relative to their own address, wherever the server mounts them.
  base: './',
  appType: 'custom',
  plugins: [resolveForApps(uiDir, appsDir), icons(), compress(), harness(uiDir)],
  resolve: {
    alias: [
      { find: /^@aerie\/ui$/, replacement: join(uiDir, 'src/index.ts') },
      { find: /^@aerie\/ui\/testing$/, replacement: join(uiDir, 'src/testing.tsx') },
    ],
    dedupe: ['react', 'react-dom', 'styled-components'],
  },
  build: {
    outDir: 'dist',
    manifest: 'manifest.json',
    target: 'es2022',
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: findPages(appsDir),
      output: {
        codeSplitting: {
          // One chunk for what every page of every app needs: fetched once, cached for ever. What only some pages
          // need (tables, modals, the calendar) stays in chunks of its own.
          groups: [
            {
              name: 'runtime',
              test: /node_modules\/(react|react-dom|scheduler|styled-components|stylis|@emotion|@zendeskgarden\/react-(theming|buttons|forms|loaders|notifications))\/|\/ui\/src\//,
              minShareCount: 2,
            },
          ],
        },
      },
    },
  },
  server: { host: '127.0.0.1', port: 5180, fs: { allow: [uiDir, appsDir] } },
});
