import { afterEach } from 'vitest';
import { shootInto } from './browser.ts';
import { Desk } from './desk.ts';

// What every open window shows at the moment of a failure, and what was said behind the scenes.
afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return;
  const name = task.name.replace(/[^\p{L}\p{N}]+/gu, '-');
  for (const [position, desk] of [...Desk.open].entries()) {
    await shootInto('e2e/results', desk.page, `failed-${name}-${position + 1}`).catch(() => undefined);
    process.stderr.write(
      `${desk.page.url()} ${desk.complaints.join('\n')}\n${desk.demo.printed.slice(-4000)}\n`,
    );
  }
});
