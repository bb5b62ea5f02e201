/**
 * Zendesk's side of the app framework, as little as the pages need, for `harness.ts`. Runs in the browser around the page;
 * what the page asked for stands in `window.asked`, for tests.
 */
export {};

interface AppMessage {
  key?: string;
  id?: number;
  request?: 'get' | 'set' | 'invoke';
  params?: unknown;
  message?: { url?: string };
  appGuid?: string;
}

declare global {
  interface Window {
    asked: { action: string; args: unknown[] }[];
    sendToApp(event: string, message: unknown): void;
  }
}

const query = new URLSearchParams(location.search);
const frame = document.querySelector('iframe') as HTMLIFrameElement;
const role = frame.dataset.role;
const answers: Record<string, unknown> = {
  currentUser: {
    id: 7,
    name: 'Lena Fischer',
    role,
    locale: 'en-US',
    timeZone: { ianaName: 'Europe/Berlin' },
  },
  colorScheme: query.get('scheme') ?? 'light',
};
const context = {
  instanceGuid: 'harness',
  product: 'support',
  location: 'ticket_sidebar',
  account: { subdomain: 'acme' },
  ...(frame.dataset.ticket ? { ticketId: Number(frame.dataset.ticket) } : {}),
};

window.asked = [];
const post = (message: unknown) => frame.contentWindow?.postMessage(JSON.stringify(message), location.origin);
window.sendToApp = (event, message) => post({ key: `zaf.${event}`, message });

function invoke(action: string, args: unknown[]): void {
  window.asked.push({ action, args });
  if (action !== 'resize' || !frame.dataset.grows) return;
  frame.style.height = (args[0] as { height: string }).height;
}

window.addEventListener('message', (event) => {
  if (event.source !== frame.contentWindow) return;
  const said = (typeof event.data === 'string' ? JSON.parse(event.data) : event.data) as AppMessage;
  if (said.key === 'iframe.handshake') {
    post({
      key: 'zaf.app.registered',
      message: { metadata: { appId: 1, installationId: 2, name: 'Deadline', settings: {} }, context },
    });
  } else if (said.request === 'get') {
    const paths = said.params as string[];
    const result: Record<string, unknown> = { errors: {} };
    for (const path of paths) {
      if (path in answers) result[path] = answers[path];
      else
        (result.errors as Record<string, unknown>)[path] = {
          name: 'PathError',
          message: 'is not known',
          path,
        };
    }
    post({ id: said.id, result });
  } else if (said.request === 'invoke') {
    const calls = said.params as Record<string, unknown[]>;
    for (const [action, args] of Object.entries(calls)) invoke(action, args);
    post({ id: said.id, result: Object.fromEntries(Object.keys(calls).map((action) => [action, [null]])) });
  } else if (said.key?.startsWith('request:')) {
    const { key } = said;
    void fetch(`/zendesk${said.message?.url ?? ''}`)
      .then((response) => response.json())
      .then((data: unknown) =>
        post({ key: `zaf.${key}.done`, message: { responseArgs: [data, 'success', {}] } }),
      );
  }
});
