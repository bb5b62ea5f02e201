import { DEFAULT_THEME, ThemeProvider } from '@zendeskgarden/react-theming';
import { render, type RenderResult } from '@testing-library/react';
import type { ReactNode } from 'react';
import { PageClock } from './clock';
import { Toaster } from './components/Toaster';
import { Host, type ZafClient } from './host';
import { loadLanguage, type Catalogue } from './i18n';
import { Connections, PageProvider } from './page';
import type { Boot } from './types';

/** For tests of components: a boot, a fetch that answers from a table, and everything around a page. */
export const testBoot: Boot = {
  app: 'test',
  app_name: 'Test',
  page: 'sidebar',
  now: '2026-11-23T12:00:00Z',
  locale: 'en-US',
  account: { subdomain: 'acme', url: 'https://acme.zendesk.com' },
  agent: { id: 7, name: 'Lena Fischer', role: 'agent', time_zone: 'Europe/Berlin' },
  session: { token: 'first', expires_at: '2026-11-23T12:15:00Z' },
  authorization: { state: 'healthy', granted_by: 'Ada Park' },
  api_access: [],
  ticket_id: 123,
  data: null,
};

/** A clock that stands at the boot's time unless the test moves it. */
export function testClock(): { clock: PageClock; move(ms: number): void } {
  let now = Date.parse(testBoot.now);
  return {
    clock: new PageClock(() => now),
    move: (ms) => {
      now += ms;
    },
  };
}

export interface Call {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: unknown;
}

/** A server in a function: `answer` gives status and body of each call; an error thrown is a lost connection. */
export function testServer(answer: (call: Call) => [number, unknown]): {
  fetch: typeof fetch;
  calls: Call[];
} {
  const calls: Call[] = [];
  const fake = (input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> => {
    const path = String(input);
    // A stream that is open and silent: events come from where a test puts them.
    if (path.startsWith('/api/events')) return Promise.resolve(new Response(new ReadableStream()));
    const call: Call = {
      method: init.method ?? 'GET',
      path,
      headers: init.headers as Record<string, string>,
      body: typeof init.body === 'string' ? (JSON.parse(init.body) as unknown) : undefined,
    };
    calls.push(call);
    try {
      const [status, body] = answer(call);
      return Promise.resolve(new Response(status === 204 ? null : JSON.stringify(body), { status }));
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
  };
  return { fetch: fake, calls };
}

interface Around {
  boot?: Partial<Boot>;
  fetch?: typeof fetch;
  clock?: PageClock;
  zaf?: Partial<ZafClient>;
  catalogue?: Catalogue;
}

export async function renderPage(
  children: ReactNode,
  around: Around = {},
): Promise<RenderResult & { connections: Connections }> {
  const boot = { ...testBoot, ...around.boot };
  const zaf = around.zaf ? ({ on: () => undefined, off: () => undefined, ...around.zaf } as ZafClient) : null;
  const language = await loadLanguage(
    boot.locale,
    around.catalogue ?? { en: {}, others: { './locales/de.json': () => Promise.resolve({ default: {} }) } },
  );
  const connections = new Connections(
    boot,
    new Host(zaf),
    around.clock ?? testClock().clock,
    around.fetch ?? testServer(() => [404, {}]).fetch,
  );
  const result = render(
    <ThemeProvider theme={DEFAULT_THEME}>
      <PageProvider connections={connections} language={language}>
        <Toaster>{children}</Toaster>
      </PageProvider>
    </ThemeProvider>,
  );
  return { ...result, connections };
}
