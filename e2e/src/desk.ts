import { type Browser, type Frame, type FrameLocator, type Locator, type Page } from 'playwright-core';
import { expect } from 'vitest';
import type { Demo } from './demo.ts';
import { ahead, isToday, type Typed, ZONE } from './time.ts';

export const ADMIN = 'Alex Morgan';
/** In Support. */
export const AGENT = 'Maya Lindqvist';
export const AGENT_EMAIL = 'maya@acme.test';
/** In IT and Support. */
export const OTHER_AGENT = 'Jonas Weber';

interface Options {
  dark?: boolean;
  viewport?: { width: number; height: number };
}

/** One person at the agent's desk: a window of its own with cookies of its own. */
export class Desk {
  /** All that are signed in now. */
  static readonly open = new Set<Desk>();
  /** What the browser complained about: a blocked style, an error of a script. */
  readonly complaints: string[] = [];

  private constructor(
    readonly page: Page,
    readonly demo: Demo,
  ) {
    page.on('console', (message) => {
      // A refused request is part of a journey.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
        this.complaints.push(message.text());
      }
    });
    page.on('pageerror', (error) => this.complaints.push(String(error)));
  }

  /** Signs in as one of the seeded people. */
  static async signIn(browser: Browser, demo: Demo, name: string, options: Options = {}): Promise<Desk> {
    const context = await browser.newContext({
      viewport: options.viewport ?? { width: 1440, height: 900 },
      colorScheme: options.dark ? 'dark' : 'light',
      timezoneId: ZONE,
      reducedMotion: 'reduce',
      acceptDownloads: true,
    });
    context.setDefaultTimeout(10_000);
    const page = await context.newPage();
    const desk = new Desk(page, demo);
    Desk.open.add(desk);
    page.on('close', () => Desk.open.delete(desk));
    await page.goto(demo.workspace);
    await page.getByRole('button', { name: new RegExp(name) }).click();
    await page.getByRole('navigation', { name: 'Workspace' }).waitFor();
    return desk;
  }

  async openTicket(id: number): Promise<void> {
    await this.page.goto(`${this.demo.workspace}/agent/tickets/${id}`);
    await this.page.getByRole('log', { name: 'Conversation' }).waitFor();
  }

  /** The Deadline app beside the ticket that is in front. */
  get sidebar(): FrameLocator {
    return this.page.locator('iframe[data-location="ticket_sidebar"]:visible').contentFrame();
  }

  /** The Deadline app's page of its own. */
  get board(): FrameLocator {
    return this.page.locator('iframe[data-location="nav_bar"]:visible').contentFrame();
  }

  async openBoard(): Promise<void> {
    const nav = this.page.getByRole('navigation', { name: 'Workspace' });
    await nav.getByRole('button', { name: 'Deadline' }).click();
    await this.board.getByRole('heading', { name: 'Deadline', exact: true }).first().waitFor();
  }

  /** The frame of an app at a place, for what a locator cannot do. */
  async frame(place: 'ticket_sidebar' | 'nav_bar'): Promise<Frame> {
    const element = await this.page.locator(`iframe[data-location="${place}"]:visible`).elementHandle();
    const frame = await element?.contentFrame();
    if (!frame) throw new Error(`There is no app at ${place}.`);
    return frame;
  }

  tag(name: string): Locator {
    return this.page.locator(`[data-tag="${name}"]:visible`);
  }

  get countdown(): Locator {
    return this.sidebar.getByRole('timer');
  }

  /** Types a moment into the sidebar's own input and sets it; what was typed. */
  async typeDeadline(seconds: number, button: 'Set' | 'Move' = 'Set'): Promise<Typed> {
    const time = this.sidebar.getByRole('textbox', { name: 'Time' });
    await time.waitFor();
    const typed = ahead(seconds);
    if (button === 'Move' || !isToday(typed.at)) {
      await this.sidebar.getByRole('textbox', { name: 'Date' }).fill(typed.date);
    }
    await time.fill(typed.time);
    await this.sidebar.getByRole('button', { name: button, exact: true }).click();
    return typed;
  }

  /** The administrator's way through Zendesk's consent page; the sidebar must be open. */
  async authorise(): Promise<void> {
    const popup = this.page.waitForEvent('popup');
    await this.sidebar.getByRole('button', { name: 'Authorise', exact: true }).click();
    const consent = await popup;
    await consent.getByRole('button', { name: 'Allow', exact: true }).click();
    await consent.getByRole('heading', { name: 'Deadline is authorised' }).waitFor();
    // The news of it reaches the page by itself.
    await this.sidebar.getByText('No deadline').waitFor();
  }

  /** Nothing went wrong behind the scenes. */
  async close(): Promise<void> {
    expect(this.complaints).toEqual([]);
    await this.page.context().close();
  }
}
