import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { findPages } from './pages';

it('finds the pages of every app by their names', () => {
  const apps = mkdtempSync(join(tmpdir(), 'apps-'));
  for (const path of ['one/ui/sidebar.tsx', 'one/ui/helper.tsx', 'two/ui/board.tsx', 'three/src/board.tsx']) {
    mkdirSync(join(apps, path, '..'), { recursive: true });
    writeFileSync(join(apps, path), '');
  }
  expect(findPages(apps)).toEqual({
    'one-sidebar': join(apps, 'one/ui/sidebar.tsx'),
    'two-board': join(apps, 'two/ui/board.tsx'),
  });
});
