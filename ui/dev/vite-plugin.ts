import type { Plugin } from 'vite';

/** `npm run dev`: the harness in front of Vite. */
export function harness(uiDir: string): Plugin {
  return {
    name: 'aerie-harness',
    apply: 'serve',
    async configureServer(server) {
      const { harness: make } = await import('./harness.ts');
      server.middlewares.use(make(uiDir, 'source'));
    },
  };
}
