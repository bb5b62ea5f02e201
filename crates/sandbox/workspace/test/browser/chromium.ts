import { chromium } from 'playwright-core';
import type { Browser, Frame, Page } from 'playwright-core';

export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  });

/** The frame of the demo app at a place; on a ticket page the one that is in front. */
export async function appFrame(page: Page, place: string): Promise<Frame> {
  const handle = await page.waitForSelector(`iframe[data-location="${place}"]`, { state: 'attached' });
  const frame = await handle.contentFrame();
  if (!frame) throw new Error(`${place} has no frame`);
  await frame.waitForFunction(() => 'context' in window);
  return frame;
}

/** Runs a call of the app's client inside its frame, from its source text. */
export const inApp = <T>(frame: Frame, code: string): Promise<T> =>
  frame.evaluate(`(async () => (${code}))()`);
