import type { Boot, Installation } from '../api/types';

/**
 * `client.request` of an app. Addresses of the account go out from the page with the agent's session; others
 * through the sandbox's proxy, which fills in secure settings and signs tokens; `cors: true` straight from the
 * browser. The answer has the form of the SDK: the arguments of a done or fail handler.
 */
export interface RequestEnd {
  outcome: 'done' | 'fail';
  args: unknown[];
}

interface Answer {
  status: number;
  statusText: string;
  headers: Record<string, string>;
  text: string;
}

const RETRIES = 3;
const MAX_WAIT_MS = 60_000;

const wait = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));

export async function send(
  boot: Boot,
  installation: Installation,
  options: Record<string, unknown>,
): Promise<RequestEnd> {
  if (typeof options.url !== 'string' || options.url === '') return failed(0, 'error', 'No url was given.');
  const limit = typeof options.timeout === 'number' && options.timeout > 0 ? options.timeout : null;
  const abort = new AbortController();
  let late = false;
  const timer =
    limit === null
      ? undefined
      : setTimeout(() => {
          late = true;
          abort.abort();
        }, limit);
  try {
    const prepared = prepare(options);
    let answer = await go(boot, installation, options, prepared, abort.signal);
    for (let retry = 0; options.autoRetry !== false && answer.status === 429 && retry < RETRIES; retry += 1) {
      await wait(Math.min(Number(answer.headers['retry-after'] ?? 1) * 1000 || 1000, MAX_WAIT_MS));
      answer = await go(boot, installation, options, prepared, abort.signal);
    }
    return finish(answer, options);
  } catch (error) {
    return failed(0, late ? 'timeout' : 'error', error instanceof Error ? error.message : String(error));
  } finally {
    clearTimeout(timer);
  }
}

interface Prepared {
  url: string;
  method: string;
  headers: Record<string, string>;
  body: string | null;
}

/** Puts `data` where jQuery's ajax would: the query of a GET, otherwise the body, form-encoded unless a string. */
export function prepare(options: Record<string, unknown>): Prepared {
  const method = String(options.type ?? options.method ?? 'GET').toUpperCase();
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries((options.headers ?? {}) as Record<string, unknown>)) {
    headers[name] = String(value);
  }
  if (options.accepts && !('Accept' in headers)) headers.Accept = String(options.accepts);
  let url = String(options.url);
  let body: string | null = null;
  if (options.data !== undefined && options.data !== null) {
    const data = typeof options.data === 'string' ? options.data : formEncode(options.data);
    if (method === 'GET' || method === 'HEAD') url += (url.includes('?') ? '&' : '?') + data;
    else body = data;
  }
  if (options.cache === false) url += `${url.includes('?') ? '&' : '?'}_=${crypto.randomUUID()}`;
  if (body !== null && options.contentType !== false && !headerOf(headers, 'content-type')) {
    headers['Content-Type'] = String(
      options.contentType ?? 'application/x-www-form-urlencoded; charset=UTF-8',
    );
  }
  return { url, method, headers, body };
}

const headerOf = (headers: Record<string, string>, name: string) =>
  Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];

/** `{a: [1, 2], b: {c: 3}}` → `a[]=1&a[]=2&b[c]=3`. */
function formEncode(data: unknown): string {
  const pairs: string[] = [];
  const add = (name: string, value: unknown): void => {
    if (Array.isArray(value)) {
      value.forEach((item, at) => add(`${name}[${typeof item === 'object' && item ? at : ''}]`, item));
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value)) add(`${name}[${key}]`, item);
    } else {
      pairs.push(`${encodeURIComponent(name)}=${encodeURIComponent(value == null ? '' : String(value))}`);
    }
  };
  for (const [name, value] of Object.entries(data as Record<string, unknown>)) add(name, value);
  return pairs.join('&');
}

/** The path of an address within the account, or null when it lies elsewhere. */
export function accountPath(boot: Boot, url: string): string | null {
  if (/^\/(?!\/)/.test(url)) return url;
  if (!/^[a-z][a-z0-9+.-]*:/i.test(url) && !url.startsWith('//')) return `/${url}`;
  try {
    const { protocol, host, pathname, search } = new URL(url);
    const own = [new URL(boot.account.host_origin).host, `${boot.account.subdomain}.zendesk.com`];
    return /^https?:$/.test(protocol) && own.includes(host) ? pathname + search : null;
  } catch {
    return null;
  }
}

async function go(
  boot: Boot,
  installation: Installation,
  options: Record<string, unknown>,
  { url, method, headers, body }: Prepared,
  signal: AbortSignal,
): Promise<Answer> {
  const path = accountPath(boot, url);
  if (options.cors === true || path !== null) {
    const response = await fetch(options.cors === true ? url : String(path), {
      method,
      headers,
      body,
      signal,
      credentials: path === null && !withCredentials(options) ? 'omit' : 'include',
    });
    return {
      status: response.status,
      statusText: response.statusText,
      headers: Object.fromEntries(response.headers.entries()),
      text: await response.text(),
    };
  }
  const response = await fetch('/sandbox/workspace/proxy', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    credentials: 'same-origin',
    signal,
    body: JSON.stringify({
      installation_id: installation.id,
      url,
      method,
      headers,
      body,
      content_type: headerOf(headers, 'content-type') ?? null,
      secure: options.secure === true,
      jwt: options.jwt ?? null,
    }),
  });
  const text = await response.text();
  // The proxy itself refused: the app sees that as the answer.
  if (!response.ok) return { status: response.status, statusText: response.statusText, headers: {}, text };
  const answer = JSON.parse(text) as {
    status: number;
    status_text: string;
    headers: Record<string, string>;
    body: string | null;
  };
  return {
    status: answer.status,
    statusText: answer.status_text,
    headers: Object.fromEntries(Object.entries(answer.headers).map(([k, v]) => [k.toLowerCase(), v])),
    text: answer.body ?? '',
  };
}

const withCredentials = (options: Record<string, unknown>) =>
  (options.xhrFields as { withCredentials?: boolean } | undefined)?.withCredentials === true;

function finish(answer: Answer, options: Record<string, unknown>): RequestEnd {
  const { status, statusText, headers, text } = answer;
  const json = parseJson(text);
  const xhr = {
    status,
    statusText,
    responseText: text,
    ...(json === undefined ? {} : { responseJSON: json }),
    headers,
    responseHeaders: headers,
  };
  if (status < 200 || status >= 300) return { outcome: 'fail', args: [xhr, 'error', statusText] };
  const wantsJson = options.dataType === 'json';
  if (wantsJson && text !== '' && json === undefined) {
    return { outcome: 'fail', args: [xhr, 'parsererror', 'The answer is not JSON.'] };
  }
  const isJson = wantsJson || (options.dataType !== 'text' && /json/.test(headers['content-type'] ?? ''));
  const data = options.httpCompleteResponse === true ? xhr : isJson ? (json ?? null) : text;
  return { outcome: 'done', args: [data, 'success', xhr] };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const failed = (status: number, textStatus: string, message: string): RequestEnd => ({
  outcome: 'fail',
  args: [{ status, statusText: textStatus, responseText: message }, textStatus, message],
});
