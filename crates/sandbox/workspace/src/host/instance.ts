import type { Installation, Location } from '../api/types';
import { Observable } from '../model/observable';
import type { TicketForm } from '../model/ticket';
import * as protocol from './protocol';
import type { AppMessage } from './protocol';

/** The window of an app, reduced to what the host needs of it. */
export interface AppWindow {
  postMessage(message: string, targetOrigin: string): void;
}

/** What an instance asks of those who know all instances. */
export interface InstanceHost {
  metadata(instance: Instance): unknown;
  context(instance: Instance): unknown;
  registered(instance: Instance): void;
  answer(instance: Instance, message: AppMessage): void;
  traffic(instance: Instance, direction: 'in' | 'out', data: unknown): void;
}

export type Verdict = { allowed: true } | { allowed: false; message: string; timedOut: boolean };

/** Events that wait for their first subscriber: an app subscribes after it was shown. */
const HELD = new Set(['app.activated', 'app.route.changed', 'pane.activated', 'pane.created']);

/** How an instance is shown; apps change it with resize, show, hide and popover. */
export interface Pane {
  width: string | null;
  height: string | null;
  visible: boolean;
  /** Loaded at all: panes of apps with `autoLoad: false` wait until they are opened. */
  loaded: boolean;
  /** The popover of a top bar app, or the panel of a sidebar app, is open. */
  open: boolean;
}

/** One iframe of an app: its subscriptions, its pane, and the conversation with it. */
export class Instance extends Observable {
  pane: Pane = { width: null, height: null, visible: true, loaded: true, open: false };
  state: 'waiting' | 'ready' | 'destroyed' = 'waiting';
  /** Where inside a nav bar app the page's address last pointed. */
  route = '';
  /** Which symbol of its icon a bar app shows; set by the app. */
  iconSymbol: string | null = null;
  #window: AppWindow | null = null;
  #origin = '*';
  /** Instance guid → event → number of handlers. */
  #subscriptions = new Map<string, Map<string, number>>();
  #held = new Map<string, unknown>();
  #hooks = new Map<string, (verdict: Verdict) => void>();
  #shownBefore = false;
  #active = false;

  constructor(
    readonly guid: string,
    readonly installation: Installation,
    readonly location: Location,
    /** The ticket page that the instance belongs to. */
    readonly ticket: TicketForm | null,
    /** Where to load it from when that is not the manifest's business: modals. */
    readonly url: string | null,
    readonly parentGuid: string | null,
    private readonly host: InstanceHost,
  ) {
    super();
  }

  /** Ties the instance to its iframe's window. */
  attach(window: AppWindow | null): void {
    this.#window = window;
  }

  owns(source: unknown): boolean {
    return this.#window !== null && this.#window === source;
  }

  setPane(part: Partial<Pane>): void {
    this.pane = { ...this.pane, ...part };
    this.changed();
  }

  setIconSymbol(symbol: string): void {
    this.iconSymbol = symbol;
    this.changed();
  }

  // --- what the app says ------------------------------------------------------------------------------------

  receive(data: unknown, origin: string): void {
    const message = protocol.parse(data);
    if (!message || this.state === 'destroyed') return;
    this.host.traffic(this, 'in', data);
    if (message.kind === 'handshake') {
      // Opaque origins cannot be named as a target.
      this.#origin = origin === 'null' ? '*' : origin;
      this.#subscriptions.clear();
      this.state = 'ready';
      this.#post(protocol.registered(this.host.metadata(this), this.host.context(this)));
      this.host.registered(this);
      return;
    }
    if (this.state !== 'ready') return;
    switch (message.kind) {
      case 'on':
      case 'off':
        this.#subscribe(message.instanceGuid ?? this.guid, message.event, message.subscribers);
        break;
      case 'reply':
        this.#replied(message.hook, message.error);
        break;
      case 'noise':
        break;
      default:
        this.host.answer(this, message);
    }
  }

  #subscribe(guid: string, event: string, subscribers: number): void {
    const events = this.#subscriptions.get(guid) ?? new Map<string, number>();
    this.#subscriptions.set(guid, events);
    if (subscribers > 0) events.set(event, subscribers);
    else events.delete(event);
    if (guid === this.guid && subscribers > 0 && this.#held.has(event)) {
      const payload = this.#held.get(event);
      this.#held.delete(event);
      this.#post(protocol.event(event, payload));
    }
  }

  /** Whether the app listens to an event of an instance (its own unless told otherwise). */
  listens(event: string, guid = this.guid): boolean {
    return (this.#subscriptions.get(guid)?.get(event) ?? 0) > 0;
  }

  // --- what the host says -----------------------------------------------------------------------------------

  /** Delivers an event of this instance, or of another one that the app follows through a child client. */
  emit(event: string, payload: unknown, of: string = this.guid): void {
    if (this.state === 'destroyed') return;
    if (this.state === 'ready' && this.listens(event, of)) {
      this.#post(protocol.event(event, payload, of === this.guid ? undefined : of));
    } else if (of === this.guid && HELD.has(event)) {
      this.#held.set(event, payload);
    }
  }

  /** The answer to one of the app's own questions. */
  post(message: string): void {
    if (this.state === 'ready') this.#post(message);
  }

  #post(message: string): void {
    this.host.traffic(this, 'out', message);
    this.#window?.postMessage(message, this.#origin);
  }

  /** The instance came into view or went out of it. */
  activate(active: boolean): void {
    if (this.#active === active) return;
    this.#active = active;
    if (active) {
      this.emit('app.activated', { firstLoad: !this.#shownBefore });
      if (this.location === 'nav_bar' || this.location === 'top_bar') {
        if (!this.#shownBefore) this.emit('pane.created', {});
        this.emit('pane.activated', {});
      }
      this.#shownBefore = true;
    } else {
      this.#held.delete('app.activated');
      this.emit('app.deactivated', {});
      if (this.location === 'nav_bar' || this.location === 'top_bar') this.emit('pane.deactivated', {});
    }
  }

  destroy(): void {
    if (this.state === 'destroyed') return;
    this.emit('app.willDestroy', {});
    this.state = 'destroyed';
    for (const settle of this.#hooks.values()) settle({ allowed: true });
    this.#hooks.clear();
    this.changed();
  }

  // --- hooks ------------------------------------------------------------------------------------------------

  /**
   * Asks the app whether something may happen. An app that does not listen allows it; one that stays silent
   * for `timeoutMs` blocks it.
   */
  ask(name: string, timeoutMs: number): Promise<Verdict> {
    if (this.state !== 'ready' || !this.listens(name)) return Promise.resolve({ allowed: true });
    return new Promise(resolve => {
      const timer = setTimeout(() => {
        this.#hooks.delete(name);
        const message = `did not answer within ${Math.round(timeoutMs / 1000)} s`;
        resolve({ allowed: false, message, timedOut: true });
      }, timeoutMs);
      this.#hooks.set(name, verdict => {
        clearTimeout(timer);
        resolve(verdict);
      });
      this.#post(protocol.hook(name));
    });
  }

  #replied(name: string, error: { msg?: unknown } | null): void {
    const settle = this.#hooks.get(name);
    this.#hooks.delete(name);
    if (!error) {
      settle?.({ allowed: true });
      return;
    }
    const message = typeof error.msg === 'string' && error.msg !== '' ? error.msg : 'blocked the save';
    settle?.({ allowed: false, message, timedOut: false });
  }
}
