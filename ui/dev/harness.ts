import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join, normalize } from 'node:path';
import { build as bundle, transformWithOxc } from 'vite';
import { findPages } from '../build/pages.ts';
import { MockAccount, TICKET } from './mock-account.ts';
import { MockApi } from './mock-api.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';

/** `source`: pages as they stand in the folders, through Vite; `dist`: as built, under the server's security policy. */
export type Mode = 'source' | 'dist';
type Handler = (req: IncomingMessage, res: ServerResponse, next: () => void) => void;

const TYPES: Record<string, string> = {
  js: 'text/javascript',
  json: 'application/json',
  css: 'text/css',
  svg: 'image/svg+xml',
};

/** Everything around a page: an index, the page with its boot data, Zendesk's side and the API. */
export function harness(uiDir: string, mode: Mode): Handler {
  const api = new MockApi();
  const pages = findPages(join(uiDir, '../apps'));
  const sdk = sdkBundle(uiDir);
  const html = (res: ServerResponse, text: string, headers: Record<string, string> = {}) => {
    res.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      ...headers,
    });
    res.end(text);
  };
  const script = (res: ServerResponse, text: string) => {
    res.writeHead(200, { 'content-type': 'text/javascript; charset=utf-8' });
    res.end(text);
  };

  const handle = async (req: IncomingMessage, res: ServerResponse, next: () => void): Promise<void> => {
    const url = new URL(req.url ?? '/', 'http://127.0.0.1');
    const { pathname, searchParams: query } = url;
    const name = query.get('scenario') ?? '';
    const scenario = SCENARIOS[name];
    if (pathname === '/') return html(res, indexPage());
    if (pathname === '/consent')
      return html(res, '<!doctype html><title>Consent</title><p>Zendesk would ask here.');
    if (pathname === '/host' && scenario) return html(res, hostPage(name, scenario, query));
    if (pathname === '/page' && scenario) {
      const token = query.get('instance') ?? name;
      const account = api.open(name, token);
      if (account) return servePage(res, account, token, query);
    }
    if (pathname === '/host.js') {
      const path = join(uiDir, 'dev/host.ts');
      return script(res, (await transformWithOxc(readFileSync(path, 'utf8'), path)).code);
    }
    if (pathname === '/zaf_sdk.js') return script(res, await sdk());
    if (pathname.startsWith('/control/')) return api.control(req, res, pathname.slice('/control/'.length));
    if (pathname.startsWith('/api/')) return api.handle(req, res, url);
    if (pathname.startsWith('/zendesk/')) {
      const ids = (query.get('ids') ?? '').split(',').map(Number);
      const answer = new MockAccount(SCENARIOS.board as Scenario).showMany(ids);
      res.writeHead(200, { 'content-type': 'application/json' });
      return void res.end(JSON.stringify(answer));
    }
    if (mode === 'dist' && pathname.startsWith('/assets/')) {
      const path = join(uiDir, 'dist', normalize(pathname));
      if (!existsSync(path)) return next();
      res.writeHead(200, {
        'content-type': TYPES[path.split('.').pop() ?? ''] ?? 'application/octet-stream',
      });
      return void res.end(readFileSync(path));
    }
    next();
  };

  function servePage(res: ServerResponse, account: MockAccount, token: string, query: URLSearchParams): void {
    const nonce = randomBytes(16).toString('base64');
    const locale = query.get('locale') ?? 'en-US';
    const boot = account.boot(token, locale);
    const entry = `${boot.app}-${boot.page}`;
    const scripts = mode === 'dist' ? builtScripts(uiDir, entry) : sourceScripts(pages[entry] ?? '');
    const text = `<!doctype html>
<html lang="${locale.split('-')[0]}"><head><meta charset="utf-8"><title>${boot.app_name}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="csp-nonce" nonce="${nonce}" content="${nonce}">
<script src="/zaf_sdk.js"></script>${scripts}
</head><body><div id="root"></div>
<script type="application/json" id="boot">${JSON.stringify(boot).replaceAll('<', '\\u003c')}</script>
</body></html>`;
    const policy = [
      "default-src 'none'",
      "script-src 'self'",
      `style-src 'nonce-${nonce}'`,
      "connect-src 'self'",
      "img-src 'self' data:",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'self'",
    ].join('; ');
    html(res, text, mode === 'dist' ? { 'content-security-policy': policy } : {});
  }

  return (req, res, next) => {
    handle(req, res, next).catch((error: unknown) => {
      res.writeHead(500, { 'content-type': 'text/plain' });
      res.end(String(error instanceof Error ? error.stack : error));
    });
  };
}

interface Chunk {
  file: string;
  name?: string;
  isEntry?: boolean;
  imports?: string[];
}

/** Script tags for a built page, as the real server makes them from the manifest. */
function builtScripts(uiDir: string, entry: string): string {
  const manifest = JSON.parse(readFileSync(join(uiDir, 'dist/manifest.json'), 'utf8')) as Record<
    string,
    Chunk
  >;
  const chunk = Object.values(manifest).find((one) => one.isEntry && one.name === entry);
  if (!chunk) throw new Error(`${entry} is not in the manifest`);
  const preloads = (chunk.imports ?? []).map(
    (key) => `<link rel="modulepreload" href="/${manifest[key]?.file}">`,
  );
  return `${preloads.join('')}<script type="module" src="/${chunk.file}"></script>`;
}

function sourceScripts(path: string): string {
  return `<script type="module" src="/@vite/client"></script><script type="module" src="/@fs${path}"></script>`;
}

/** Zendesk's SDK as one script that defines `ZAFClient`; bundled once, when first asked for. */
function sdkBundle(uiDir: string): () => Promise<string> {
  let made: Promise<string> | null = null;
  return () =>
    (made ??= (async () => {
      const result = await bundle({
        configFile: false,
        logLevel: 'error',
        build: {
          write: false,
          lib: {
            entry: join(uiDir, 'node_modules/zendesk_app_framework_sdk/lib/index.js'),
            formats: ['iife'],
            name: 'ZAFClient',
            fileName: 'zaf_sdk',
          },
        },
      });
      const [first] = Array.isArray(result) ? result : [result];
      const chunk = first && 'output' in first ? first.output[0] : undefined;
      if (!chunk) throw new Error('The SDK was not bundled.');
      return chunk.code;
    })());
}

function hostPage(name: string, scenario: Scenario, query: URLSearchParams): string {
  const inner = new URLSearchParams({
    scenario: name,
    origin: 'ORIGIN',
    app_guid: createHash('sha256').update(name).digest('hex').slice(0, 8),
  });
  for (const key of ['instance', 'locale']) if (query.has(key)) inner.set(key, query.get(key) ?? '');
  const scheme = query.get('scheme') ?? 'light';
  if (scheme === 'dark') inner.set('colorScheme', 'dark');
  const sidebar = scenario.page !== 'board';
  const width = query.get('width') ?? (sidebar ? '340' : '');
  const src = `/page?${inner}${scenario.hash ? `#${scenario.hash}` : ''}`;
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${scenario.title}</title><style>
body { margin: 0; background: ${scheme === 'dark' ? '#151a1e' : '#fff'}; }
iframe { border: 0; display: block; width: ${width ? `${width}px` : '100vw'}; height: ${sidebar ? '200px' : '100vh'}; }
${sidebar ? 'body { padding: 12px; }' : ''}
</style></head><body>
<iframe title="${scenario.title}" data-role="${scenario.role}" data-grows="${sidebar ? 'yes' : ''}" data-ticket="${scenario.page === 'sidebar' && !scenario.newTicket ? TICKET : ''}"></iframe>
<script type="module" src="/host.js"></script>
<script>document.querySelector('iframe').src = ${JSON.stringify(src)}.replace('ORIGIN', encodeURIComponent(location.origin));</script>
</body></html>`;
}

function indexPage(): string {
  const links = Object.entries(SCENARIOS).map(([name, { title, page }]) => {
    const variants = ['', '&scheme=dark', '&locale=de', ...(page === 'sidebar' ? ['&width=280'] : [])];
    return `<li>${variants.map((variant) => `<a href="/host?scenario=${name}${variant}">${variant ? variant.slice(1) : title}</a>`).join(' · ')}</li>`;
  });
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Aerie pages</title><h1>Pages and their states</h1><ul>${links.join('')}</ul></html>`;
}
