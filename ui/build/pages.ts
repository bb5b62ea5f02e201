import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const PAGES = ['sidebar', 'board', 'background', 'topbar'];

/** Every app's pages: `{ 'deadline-sidebar': '/…/apps/deadline/ui/sidebar.tsx', … }`. */
export function findPages(appsDir: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const app of readdirSync(appsDir).sort()) {
    for (const page of PAGES) {
      const path = join(appsDir, app, 'ui', `${page}.tsx`);
      if (existsSync(path)) found[`${app}-${page}`] = path;
    }
  }
  return found;
}
