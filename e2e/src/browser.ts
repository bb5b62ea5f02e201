import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, type Frame, type Page, chromium } from 'playwright-core';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** A browser with a fresh profile. Nothing is downloaded: CHROMIUM names it, or it is where Chromium usually is. */
export function launch(): Promise<Browser> {
  const executablePath =
    process.env.CHROMIUM ?? execFileSync(join(root, 'scripts/chromium'), { encoding: 'utf8' }).trim();
  return chromium.launch({
    executablePath,
    args: [
      '--headless=new',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

interface Violation {
  id: string;
  impact: string;
  nodes: { html: string; failureSummary: string }[];
}

/** What axe finds that keeps people out (serious or critical), in this frame alone. */
export async function axe(frame: Frame): Promise<string[]> {
  await frame.evaluate(axeSource);
  const found = await frame.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: { run(context: Document, options: object): Promise<{ violations: Violation[] }> };
    };
    return (await axe.run(document, { iframes: false })).violations;
  });
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, impact, nodes }) =>
      nodes.map((node) => `${impact} ${id}: ${node.html.slice(0, 200)} ${node.failureSummary}`),
    );
}

/** A picture for the eye: in docs/screenshots when SCREENSHOTS is set (and kept), else in results. */
export function shoot(page: Page, name: string): Promise<void> {
  return shootInto(process.env.SCREENSHOTS ? 'docs/screenshots' : 'e2e/results', page, name);
}

export async function shootInto(folder: string, page: Page, name: string): Promise<void> {
  mkdirSync(join(root, folder), { recursive: true });
  await page.screenshot({ path: join(root, folder, `${name}.png`), animations: 'disabled' });
}
