import { get as fetchJson, getAll } from '../../api/client';
import type { Installation } from '../../api/types';
import type { NoticeKind } from '../desk';
import { cssSize, isRecord, Refused, text } from './entry';
import type { Entry, Scope } from './entry';

const NOTICE_MS = 8_000;
const KINDS: NoticeKind[] = ['notice', 'alert', 'error'];

/** A file of the app's package: everything lies beside the logo. */
export function assetUrl(installation: Installation, file: string): string {
  if (!installation.logo_url) throw new Refused('cannot be answered: the app has no package');
  return new URL(file, new URL(installation.logo_url, location.origin)).href;
}

const siblingsAndSelf = ({ host, instance }: Scope) => [instance, ...host.siblings(instance)];

const togglePane = ({ host, instance }: Scope, args: unknown[]): void => {
  if (instance.location !== 'top_bar') throw new Refused('is only available at top_bar', 'LocationError');
  const [what] = args;
  if (isRecord(what)) {
    resize(instance, what);
    return;
  }
  const open = what === 'show' ? true : what === 'hide' ? false : !instance.pane.open;
  if (open) for (const other of host.at('top_bar')) if (other !== instance) other.setPane({ open: false });
  instance.setPane(open ? { open, loaded: true } : { open });
};

function resize(instance: Scope['instance'], size: Record<string, unknown>): void {
  const width = cssSize(size.width);
  const height = cssSize(size.height);
  instance.setPane({ ...(width ? { width } : {}), ...(height ? { height } : {}) });
}

/** What every instance can do, wherever it is. */
export const commonPaths: Entry[] = [
  { path: /^colorScheme$/, get: ({ desk }) => desk.colorScheme() },
  { path: /^assetURL:(.+)$/, get: ({ instance }, [file = '']) => assetUrl(instance.installation, file) },
  {
    path: /^instances$/,
    get: scope => Object.fromEntries(siblingsAndSelf(scope).map(one => [one.guid, scope.host.context(one)])),
  },
  {
    path: /^instances\.([^.]+)$/,
    get: (scope, [guid = '']) => {
      const found = scope.host.addressed(scope.instance, guid);
      if (!found) throw new Refused('belongs to an instance that does not exist');
      return scope.host.context(found);
    },
  },
  {
    path: /^requirement:(.+)$/,
    get: async ({ instance }, [identifier = '']) => {
      const rows = await getAll<{ identifier: string; requirement_id: number; requirement_type: string }>(
        `/api/v2/apps/installations/${instance.installation.id}/requirements.json`,
        'requirements',
      );
      const found = rows.find(row => row.identifier === identifier);
      if (!found) throw new Refused('is not a requirement of this app');
      return found;
    },
  },

  { path: /^visible$/, get: ({ instance }) => instance.pane.visible },
  { path: /^show$/, invoke: ({ instance }) => instance.setPane({ visible: true, open: true, loaded: true }) },
  { path: /^hide$/, invoke: ({ instance }) => instance.setPane({ visible: false }) },
  {
    path: /^resize$/,
    invoke: ({ instance }, _, [size]) => {
      if (!isRecord(size)) throw new Refused('needs {width, height}');
      resize(instance, size);
    },
  },

  { path: /^appsTray$/, get: ({ desk }) => ({ isVisible: desk.appsTray.visible() }) },
  { path: /^appsTray\.isVisible$/, get: ({ desk }) => desk.appsTray.visible() },
  {
    path: /^appsTray\.(show|hide|toggle)$/,
    invoke: ({ desk }, [what]) =>
      desk.appsTray.show(what === 'toggle' ? !desk.appsTray.visible() : what === 'show'),
  },

  {
    path: /^notify$/,
    invoke: ({ desk }, _, [message, kind, duration]) => {
      const sticky = isRecord(duration) && duration.sticky === true;
      const ms = Number(duration);
      desk.notify({
        html: text(message),
        kind: KINDS.find(known => known === kind) ?? 'notice',
        ms: sticky ? null : Number.isFinite(ms) && ms > 0 ? ms : NOTICE_MS,
      });
    },
  },
  {
    path: /^routeTo$/,
    invoke: ({ desk, host, instance }, _, [place, ...args]) => {
      if (!desk.routeTo(text(place), args)) throw new Refused(`does not know the place "${String(place)}"`);
      // A nav bar app is told what it was opened with.
      if (place !== 'nav_bar' || args[1] === undefined) return;
      const name = args[0] === '' || args[0] == null ? instance.installation.name : String(args[0]);
      for (const other of host.at('nav_bar')) {
        if (other.installation.name === name || String(other.installation.app_id) === name) {
          other.emit('app.route.changed', { appData: args[1] });
        }
      }
    },
  },

  {
    path: /^instances\.create$/,
    invoke: ({ host, instance }, _, [options]) => {
      if (!isRecord(options) || options.location !== 'modal') {
        throw new Refused("needs {location: 'modal', url}");
      }
      const url = text(options.url);
      const remote = /^(https?:)?\/\//.test(url);
      const modal = host.create(instance.installation, 'modal', {
        url: remote ? url : assetUrl(instance.installation, url.replace(/^\/?assets\//, '')),
        parent: instance,
      });
      modal.setPane({ loaded: true, open: true });
      if (isRecord(options.size)) resize(modal, options.size);
      return host.context(modal);
    },
  },
  {
    path: /^(?:destroy|app\.close)$/,
    invoke: ({ host, instance, desk }) => {
      if (instance.location === 'top_bar') instance.setPane({ open: false });
      else if (instance.location === 'nav_bar') desk.routeTo('dashboard', []);
      else host.destroy(instance);
    },
  },
  {
    path: /^preloadPane$/,
    invoke: ({ instance }) => {
      if (instance.location !== 'top_bar' && instance.location !== 'nav_bar') {
        throw new Refused('is only available at top_bar and nav_bar', 'LocationError');
      }
      instance.setPane({ loaded: true });
    },
  },
  { path: /^popover$/, invoke: (scope, _, args) => togglePane(scope, args) },
  {
    path: /^iconSymbol$/,
    get: ({ instance }) => instance.iconSymbol,
    set: ({ instance }, _, value) => {
      if (instance.location !== 'top_bar' && instance.location !== 'nav_bar') {
        throw new Refused('is only available at top_bar and nav_bar', 'LocationError');
      }
      instance.setIconSymbol(text(value));
    },
  },
  // Usage figures of the SDK: accepted, not kept.
  { path: /^track$/, invoke: () => null },

  {
    path: /^macros$/,
    get: ({ desk }) => desk.world.catalog.macros.map(macro => ({ id: macro.id, title: macro.title })),
  },
  {
    path: /^macro$/,
    needs: 'ticket',
    invoke: async ({ instance }, _, [id]) => {
      const form = instance.ticket;
      if (!form) return;
      const path = form.isNew
        ? `/api/v2/macros/${Number(id)}/apply`
        : `/api/v2/tickets/${form.record.id}/macros/${Number(id)}/apply`;
      const { result } = await fetchJson<{ result: { ticket: MacroTicket } }>(path);
      const { comment, custom_fields: custom, fields, ...rest } = result.ticket;
      const known = ['status', 'priority', 'type', 'assignee_id', 'group_id', 'tags', 'subject'] as const;
      form.setAll({
        ...Object.fromEntries(known.filter(key => rest[key] !== undefined).map(key => [key, rest[key]])),
        ...Object.fromEntries((custom ?? fields ?? []).map(row => [`custom_field_${row.id}`, row.value])),
      });
      if (comment) {
        form.setDraft({
          text: comment.html_body ?? comment.scoped_body?.[0]?.[1] ?? comment.body ?? '',
          type: comment.public === false ? 'internalNote' : 'publicReply',
        });
      }
    },
  },
];

interface MacroTicket extends Record<string, unknown> {
  comment?: { body?: string; html_body?: string; public?: boolean; scoped_body?: [string, string][] };
  custom_fields?: { id: number; value: unknown }[];
  fields?: { id: number; value: unknown }[];
}
