import { createServer } from 'node:http';
import { mkdirSync, readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Frame, type Page } from 'playwright-core';
import { harness } from '../dev/harness.ts';

const uiDir = join(dirname(fileURLToPath(import.meta.url)), '..');
const axeSource = readFileSync(join(uiDir, 'node_modules/axe-core/axe.min.js'), 'utf8');
const shots = process.env.SCREENSHOTS ? join(uiDir, 'dev/screenshots') : null;

/** Chromium in front of the built pages. */
export class Bench {
  private constructor(
    readonly browser: Browser,
    readonly base: string,
    private readonly stop: () => void,
  ) {}

  static async start(): Promise<Bench> {
    const handle = harness(uiDir, 'dist');
    const server = createServer((req, res) =>
      handle(req, res, () => {
        res.writeHead(404);
        res.end();
      }),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const browser = await chromium.launch({
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
    const { port } = server.address() as AddressInfo;
    return new Bench(browser, `http://127.0.0.1:${port}`, () => {
      server.closeAllConnections();
      server.close();
    });
  }

  async close(): Promise<void> {
    await this.browser.close();
    this.stop();
  }

  /** Opens a scenario in a window of its own. `instance` shares an account between two windows. */
  async open(scenario: string, options: OpenOptions = {}): Promise<Opened> {
    const {
      scheme = 'light',
      locale = 'en-US',
      width,
      instance = `${scenario}-${Math.random()}`,
      viewport,
    } = options;
    const context = await this.browser.newContext({
      viewport: viewport ?? { width: 1280, height: 800 },
      timezoneId: 'America/New_York',
      reducedMotion: 'reduce',
    });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => {
      // A refused request is part of a scenario; a blocked style or a thrown error is not.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
        complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    const query = new URLSearchParams({ scenario, scheme, locale, instance });
    if (width) query.set('width', String(width));
    await page.goto(`${this.base}/host?${query}`);
    const element = await page.waitForSelector('iframe');
    const frame = await element.contentFrame();
    if (!frame) throw new Error('The iframe has no frame.');
    return new Opened(page, frame, complaints, `${this.base}/control/${instance}`);
  }
}

export interface OpenOptions {
  scheme?: 'light' | 'dark';
  locale?: string;
  width?: number;
  instance?: string;
  viewport?: { width: number; height: number };
}

export class Opened {
  constructor(
    readonly page: Page,
    readonly frame: Frame,
    /** What the browser complained about: content security policy, errors of scripts. */
    readonly complaints: string[],
    private readonly controlUrl: string,
  ) {}

  /** Waits until the frame shows a text: the whole of an element's, or with `exact` false a part of it. */
  async see(text: string | RegExp, exact = typeof text === 'string'): Promise<void> {
    await this.frame.getByText(text, { exact }).first().waitFor({ timeout: 10_000 });
  }

  async control(wish: object): Promise<void> {
    await this.page.request.post(this.controlUrl, { data: wish });
  }

  /** What the page asked of Zendesk, of one kind. */
  asked(action: string): Promise<unknown[][]> {
    return this.page.evaluate(
      (wanted) => window.asked.filter((call) => call.action === wanted).map((call) => call.args),
      action,
    );
  }

  /** What axe finds wrong in the page that is shown now. */
  async axe(): Promise<string[]> {
    await this.frame.evaluate(axeSource);
    return this.frame.evaluate(async () => {
      const { axe } = window as unknown as { axe: { run(): Promise<{ violations: AxeViolation[] }> } };
      interface AxeViolation {
        id: string;
        impact: string;
        nodes: { html: string; failureSummary: string }[];
      }
      const { violations } = await axe.run();
      return violations.flatMap(({ id, impact, nodes }) =>
        nodes.map(
          (node) => `${impact} ${id}: ${node.html.slice(0, 160)} ${node.failureSummary.slice(0, 300)}`,
        ),
      );
    });
  }

  async shoot(name: string): Promise<void> {
    if (!shots) return;
    mkdirSync(shots, { recursive: true });
    const path = join(shots, `${name}.png`);
    const grows = await this.page.$('iframe[data-grows="yes"]');
    await (grows ?? this.page).screenshot({ path });
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}
