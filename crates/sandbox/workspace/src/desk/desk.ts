import { get, workspace } from '../api/client';
import { ApiError } from '../api/client';
import type { Boot, ColorScheme, Comment, Installation, Location, Ticket } from '../api/types';
import type { LiveEvents } from '../api/events';
import type { DeskPort, Notice } from '../host/desk';
import type { Instance } from '../host/instance';
import { Host } from '../host/registry';
import { Observable } from '../model/observable';
import { TicketForm } from '../model/ticket';
import type { World } from '../model/world';
import { Router } from './router';
import { Time } from './time';

/** A tab of the header: a ticket that is open, being fetched, or could not be. */
export interface Tab {
  key: string;
  path: string;
  form: TicketForm | null;
  problem: string | null;
}

/** Many tickets may change at once; lists follow at this pace. */
const LISTS_EVERY_MS = 400;
const SCHEME_KEY = 'workspace.colorScheme';
const TRAY_KEY = 'workspace.appsTray';

/** The signed-in person's desk: open tickets, apps, where the page is. */
export class Desk extends Observable implements DeskPort {
  readonly router = new Router();
  readonly host: Host;
  readonly time = new Time();
  tabs: Tab[] = [];
  connected = true;
  trayVisible = localStorage.getItem(TRAY_KEY) !== 'hidden';
  /** Raised when lists of tickets may be out of date. */
  readonly lists = new Observable();
  showNotice: (notice: Notice) => void = () => undefined;
  #listsTimer: ReturnType<typeof setTimeout> | undefined;
  /** Tickets being fetched anew, and whether another change came meanwhile. */
  #behind = new Map<TicketForm, { by: number | null } | null>();
  #scheme: ColorScheme | null = (localStorage.getItem(SCHEME_KEY) as ColorScheme | null) ?? null;
  #system = matchMedia('(prefers-color-scheme: dark)');

  constructor(
    public boot: Boot,
    readonly world: World,
  ) {
    super();
    this.host = new Host(this, () => crypto.randomUUID());
    this.router.watch(() => this.#follow());
    this.#system.addEventListener('change', () => this.#schemeChanged());
    world.learn([boot.user]);
    this.#installed(boot.installations);
    this.#follow();
  }

  // --- looks --------------------------------------------------------------------------------------------------

  colorScheme(): ColorScheme {
    return this.#scheme ?? this.boot.color_scheme ?? (this.#system.matches ? 'dark' : 'light');
  }

  setColorScheme(scheme: ColorScheme): void {
    this.#scheme = scheme;
    localStorage.setItem(SCHEME_KEY, scheme);
    this.#schemeChanged();
  }

  #schemeChanged(): void {
    this.changed();
    this.host.emitAll('colorScheme.changed', this.colorScheme());
  }

  notify(notice: Notice): void {
    this.showNotice(notice);
  }

  readonly appsTray = {
    visible: () => this.trayVisible,
    show: (visible: boolean) => {
      this.trayVisible = visible;
      localStorage.setItem(TRAY_KEY, visible ? 'shown' : 'hidden');
      this.changed();
    },
  };

  // --- places -------------------------------------------------------------------------------------------------

  routeTo(place: string, args: unknown[]): boolean {
    const [first, second] = args;
    const id = Number(first);
    const path = (() => {
      switch (place) {
        case 'ticket':
          return Number.isInteger(id) && id > 0 ? `/agent/tickets/${id}` : null;
        case 'new_ticket':
          return '/agent/tickets/new';
        case 'views':
          return Number.isInteger(id) && id > 0 ? `/agent/filters/${id}` : '/agent/dashboard';
        case 'dashboard':
          return '/agent/dashboard';
        case 'nav_bar': {
          const app = this.navBarApps().find(
            row =>
              first === '' || first == null || row.name === first || slug(row) === first || row.app_id === id,
          );
          const rest = typeof second === 'string' && second !== '' ? `/${second.replace(/^\//, '')}` : '';
          return app ? `/agent/apps/${slug(app)}${rest}` : null;
        }
        default:
          return null;
      }
    })();
    if (path !== null) this.router.go(path);
    return path !== null;
  }

  navBarApps(): Installation[] {
    return this.boot.installations.filter(row => row.locations.some(one => one.location === 'nav_bar'));
  }

  /** Opens what the address names and tells apps what came into view. */
  #follow(): void {
    const { route } = this.router;
    if (route.page === 'ticket') this.#open(route.ticketId);
    if (route.page === 'new') {
      const fresh = this.tabs.find(tab => tab.path === this.router.path) ?? this.#openNew();
      if (fresh.path !== this.router.path) this.router.go(fresh.path, true);
    }
    this.#activate();
    this.changed();
  }

  get currentTab(): Tab | null {
    return this.tabs.find(tab => tab.path === this.router.path) ?? null;
  }

  #activate(): void {
    const current = this.currentTab?.form ?? null;
    const { route } = this.router;
    for (const instance of this.host.instances.values()) {
      if (instance.ticket) instance.activate(instance.ticket === current);
      else if (instance.location === 'nav_bar') {
        const shown = route.page === 'app' && route.app === slug(instance.installation);
        if (shown && !instance.pane.loaded) instance.setPane({ loaded: true, open: true });
        if (shown && route.rest !== '' && instance.route !== route.rest) {
          instance.emit('app.route.changed', { appRoute: route.rest, appData: route.rest });
        }
        if (shown) instance.route = route.rest;
        instance.activate(shown);
      } else if (instance.location === 'background' || instance.location === 'modal') instance.activate(true);
    }
  }

  // --- tickets ------------------------------------------------------------------------------------------------

  #open(id: number): void {
    const path = `/agent/tickets/${id}`;
    if (this.tabs.some(tab => tab.path === path)) return;
    const tab: Tab = { key: `ticket:${id}`, path, form: null, problem: null };
    this.tabs = [...this.tabs, tab];
    void this.#load(tab, id);
  }

  #openNew(): Tab {
    const guid = crypto.randomUUID();
    const form = TicketForm.blank(this.world, guid, this.boot.user.id);
    const tab: Tab = { key: `new:${guid}`, path: '/agent/tickets/new', form, problem: null };
    this.tabs = [...this.tabs, tab];
    this.#startApps(form, 'new_ticket_sidebar');
    return tab;
  }

  async retry(tab: Tab): Promise<void> {
    const route = /\/(\d+)$/.exec(tab.path);
    if (route) await this.#load(this.#replace(tab, { problem: null }), Number(route[1]));
  }

  async #load(tab: Tab, id: number): Promise<void> {
    try {
      const { record, comments } = await this.#fetch(id);
      if (!this.tabs.some(row => row.key === tab.key)) return;
      const form = TicketForm.existing(this.world, record);
      form.comments = comments;
      this.#replace(tab, { form });
      this.#startApps(form, 'ticket_sidebar');
    } catch (error) {
      const missing = error instanceof ApiError && (error.status === 404 || error.status === 403);
      const problem = missing
        ? `There is no ticket #${id}, or you may not see it.`
        : `Ticket #${id} could not be fetched. ${error instanceof Error ? error.message : ''}`;
      this.#replace(tab, { problem });
    }
    this.#activate();
    this.changed();
  }

  #replace(tab: Tab, part: Partial<Tab>): Tab {
    const next = { ...tab, ...part };
    this.tabs = this.tabs.map(row => (row.key === tab.key ? next : row));
    this.changed();
    return next;
  }

  async #fetch(id: number): Promise<{ record: Ticket; comments: Comment[] }> {
    const [{ ticket }, { comments }] = await Promise.all([
      get<{ ticket: Ticket }>(`/api/v2/tickets/${id}`),
      get<{ comments: Comment[] }>(`/api/v2/tickets/${id}/comments?per_page=100`),
    ]);
    const { requester_id, assignee_id, submitter_id, collaborator_ids } = ticket;
    await Promise.all([
      this.world.ensureUsers([
        requester_id,
        assignee_id,
        submitter_id,
        ...(collaborator_ids ?? []),
        ...comments.map(comment => comment.author_id),
      ]),
      this.world.ensureOrganizations([ticket.organization_id]),
    ]);
    return { record: ticket, comments };
  }

  /** Fetches a ticket anew. Failing is not worth a word here: the next event or the banner will tell. */
  async refresh(form: TicketForm, by: number | null = null): Promise<void> {
    if (form.isNew) return;
    const before = form.record.updated_at;
    const { record, comments } = await this.#fetch(form.record.id);
    // Answers may overtake each other; an older state must not replace a newer one.
    if (form.saving || record.updated_at < form.record.updated_at) return;
    form.receive(record, comments);
    if (by !== null && by !== this.boot.user.id && record.updated_at !== before) {
      await this.world.ensureUsers([by]);
      const user = this.world.user(by);
      const person = user && { id: user.id, name: user.name, email: user.email, role: user.role };
      this.host.emitTicket(form, 'ticket.updated', person ?? { id: by });
    }
  }

  closeTicket(form: TicketForm): void {
    const tab = this.tabs.find(row => row.form === form);
    if (tab) this.closeTab(tab);
  }

  closeTab(tab: Tab): void {
    const at = this.tabs.indexOf(tab);
    if (tab.form) this.host.closeTicket(tab.form);
    this.tabs = this.tabs.filter(row => row !== tab);
    if (this.router.path === tab.path) {
      this.router.go(this.tabs[at]?.path ?? this.tabs[at - 1]?.path ?? '/agent/dashboard');
    }
    this.changed();
  }

  // --- apps ---------------------------------------------------------------------------------------------------

  #appsAt(place: Location): Installation[] {
    return this.boot.installations.filter(
      row => row.enabled && row.locations.some(one => one.location === place),
    );
  }

  #startApps(form: TicketForm, place: 'ticket_sidebar' | 'new_ticket_sidebar'): void {
    const running = new Set(this.host.of(form).map(instance => instance.installation.id));
    for (const installation of this.#appsAt(place)) {
      if (!running.has(installation.id)) this.host.create(installation, place, { ticket: form });
    }
  }

  /** Starts what was installed and ends what was removed or changed; what is as before keeps running. */
  #installed(installations: Installation[]): void {
    const same = (instance: Instance) =>
      installations.some(row => JSON.stringify(row) === JSON.stringify(instance.installation));
    for (const instance of [...this.host.instances.values()]) {
      if (!same(instance)) this.host.destroy(instance);
    }
    for (const place of ['background', 'nav_bar', 'top_bar'] as const) {
      const running = new Set(this.host.at(place).map(instance => instance.installation.id));
      for (const installation of this.#appsAt(place)) {
        if (!running.has(installation.id)) this.host.create(installation, place);
      }
    }
    for (const { form } of this.tabs) {
      if (form) this.#startApps(form, form.isNew ? 'new_ticket_sidebar' : 'ticket_sidebar');
    }
    this.#activate();
  }

  /** Starts an app's iframe anew, as after changing its code. */
  restart(instance: Instance): void {
    const { installation, location, ticket } = instance;
    this.host.destroy(instance);
    this.host.create(installation, location, ticket ? { ticket } : {});
    this.#activate();
  }

  // --- live ---------------------------------------------------------------------------------------------------

  live<K extends keyof LiveEvents>(name: K, data: LiveEvents[K]): void {
    switch (name) {
      case 'ticket': {
        const { id, updated_by } = data as LiveEvents['ticket'];
        const form = this.tabs.find(tab => tab.form?.record.id === id)?.form;
        if (form) void this.#catchUp(form, updated_by);
        this.#listsSoon();
        break;
      }
      case 'api_notification': {
        const { app_id, event, body, sender } = data as LiveEvents['api_notification'];
        this.host.notified(app_id, event, body, sender);
        break;
      }
      case 'installations':
        void workspace
          .boot()
          .then(boot => {
            this.boot = boot;
            this.#installed(boot.installations);
            this.changed();
          })
          .catch(() => undefined);
        break;
      case 'clock': {
        const { now, frozen } = data as LiveEvents['clock'];
        this.time.set(Date.parse(now), frozen);
        break;
      }
      default:
        location.reload();
    }
  }

  #listsSoon(): void {
    if (this.#listsTimer !== undefined) return;
    this.#listsTimer = setTimeout(() => {
      this.#listsTimer = undefined;
      this.lists.changed();
    }, LISTS_EVERY_MS);
  }

  /** Follows changes of a ticket one fetch at a time: a burst of them costs two. */
  async #catchUp(form: TicketForm, by: number | null): Promise<void> {
    if (this.#behind.has(form)) {
      this.#behind.set(form, { by });
      return;
    }
    for (let next: { by: number | null } | null = { by }; next; next = this.#behind.get(form) ?? null) {
      this.#behind.set(form, null);
      if (!form.saving) await this.refresh(form, next.by).catch(() => undefined);
    }
    this.#behind.delete(form);
  }

  connection(connected: boolean): void {
    if (this.connected === connected) return;
    this.connected = connected;
    // What happened in between was missed.
    if (connected) {
      this.lists.changed();
      for (const { form } of this.tabs) if (form) void this.refresh(form).catch(() => undefined);
    }
    this.changed();
  }
}

/** The name of a nav bar app in addresses. */
export const slug = (installation: Installation): string =>
  installation.name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '') || String(installation.app_id);
