import { join } from 'node:path';
import type { Plugin } from 'vite';

/** Apps have no package.json: what their pages import by name is what `ui/` depends on. */
export function resolveForApps(uiDir: string, appsDir: string): Plugin {
  return {
    name: 'aerie-resolve-for-apps',
    enforce: 'pre',
    async resolveId(source, importer) {
      if (!importer?.startsWith(appsDir) || !/^[\w@]/.test(source) || source.startsWith('@aerie/ui'))
        return null;
      return this.resolve(source, join(uiDir, 'src/index.ts'), { skipSelf: true });
    },
  };
}
