import type { Installation, Location } from '../api/types';
import { Observable } from '../model/observable';
import type { TicketForm } from '../model/ticket';
import type { DeskPort } from './desk';
import { Instance } from './instance';
import type { InstanceHost, Verdict } from './instance';
import { answer } from './paths';
import type { AppMessage } from './protocol';
import * as protocol from './protocol';
import { send } from './request';

/** A message between the desk and an app, for whoever watches. */
export interface Traffic {
  at: number;
  guid: string;
  app: string;
  location: Location;
  direction: 'in' | 'out';
  text: string;
}

const TRAFFIC_KEPT = 500;

/** All app instances of the desk, and everything that concerns more than one of them. */
export class Host extends Observable implements InstanceHost {
  readonly instances = new Map<string, Instance>();
  /** The last messages, newest last; only kept while somebody watches. */
  readonly log = Object.assign(new Observable(), { on: false, entries: [] as Traffic[] });
  #forms = new Map<TicketForm, () => void>();

  constructor(
    readonly desk: DeskPort,
    /** Makes instance guids. */
    private readonly newGuid: () => string,
  ) {
    super();
  }

  /** Takes every message that the page's window receives; those that no iframe of ours sent are ignored. */
  readonly onMessage = (event: { source: unknown; origin: string; data: unknown }): void => {
    for (const instance of this.instances.values()) {
      if (instance.owns(event.source)) {
        instance.receive(event.data, event.origin);
        return;
      }
    }
  };

  // --- life of instances ------------------------------------------------------------------------------------

  create(
    installation: Installation,
    location: Location,
    options: { ticket?: TicketForm; url?: string; parent?: Instance } = {},
  ): Instance {
    const { ticket = null, url = null, parent } = options;
    const instance = new Instance(
      this.newGuid(),
      installation,
      location,
      ticket,
      url,
      parent?.guid ?? null,
      this,
    );
    const manifest = installation.locations.find(row => row.location === location);
    const size = manifest?.size;
    const css = (value: string | number | null | undefined) =>
      value == null ? null : typeof value === 'number' ? `${value}px` : value;
    instance.pane = {
      width: css(size?.width),
      height: css(size?.height),
      visible: manifest?.auto_hide !== true,
      loaded: manifest?.auto_load !== false,
      open: manifest?.auto_load !== false,
    };
    if (location === 'top_bar' || location === 'nav_bar') {
      instance.pane = { ...instance.pane, loaded: false, open: false };
    }
    if (ticket) this.#follow(ticket);
    for (const other of this.siblings(instance)) other.emit('instance.created', this.context(instance));
    this.instances.set(instance.guid, instance);
    this.changed();
    return instance;
  }

  destroy(instance: Instance): void {
    if (!this.instances.has(instance.guid)) return;
    for (const child of [...this.instances.values()].filter(row => row.parentGuid === instance.guid)) {
      this.destroy(child);
    }
    if (instance.location === 'modal') this.emitAt(instance, 'modal.close', {});
    instance.ticket?.saveLocks.delete(instance.guid);
    instance.destroy();
    this.instances.delete(instance.guid);
    this.changed();
  }

  /** Ends all instances of a ticket page that is being closed. */
  closeTicket(form: TicketForm): void {
    for (const instance of this.of(form)) this.destroy(instance);
    this.#forms.get(form)?.();
    this.#forms.delete(form);
  }

  of(form: TicketForm): Instance[] {
    return [...this.instances.values()].filter(instance => instance.ticket === form);
  }

  at(location: Location): Instance[] {
    return [...this.instances.values()].filter(instance => instance.location === location);
  }

  /** The other instances of the same app. */
  siblings(instance: Instance): Instance[] {
    return [...this.instances.values()].filter(
      other => other.installation.id === instance.installation.id && other !== instance,
    );
  }

  /** The instance that a message is about: the sender, or a sibling that it names. */
  addressed(sender: Instance, guid: string | null): Instance | null {
    if (guid === null || guid === sender.guid) return sender;
    return this.siblings(sender).find(other => other.guid === guid) ?? null;
  }

  // --- events -----------------------------------------------------------------------------------------------

  /** An event at an instance: for its own iframe and for siblings that follow it through a child client. */
  emitAt(instance: Instance, event: string, payload: unknown): void {
    instance.emit(event, payload);
    for (const other of this.siblings(instance)) other.emit(event, payload, instance.guid);
  }

  emitAll(event: string, payload: unknown): void {
    for (const instance of this.instances.values()) this.emitAt(instance, event, payload);
  }

  emitTicket(form: TicketForm, event: string, payload: unknown): void {
    for (const instance of this.of(form)) this.emitAt(instance, event, payload);
  }

  /** `POST /api/v2/apps/notify` arrived: every iframe of the app hears of it. */
  notified(appId: number, event: string, body: unknown, sender: unknown): void {
    for (const instance of this.instances.values()) {
      if (instance.installation.app_id === appId)
        instance.emit(`api_notification.${event}`, { body, sender });
    }
  }

  /** Turns changes on a ticket page into the events of its apps. */
  #follow(form: TicketForm): void {
    if (this.#forms.has(form)) return;
    const stop = form.onChange(({ name, value }) => {
      this.emitTicket(form, `${name}.changed`, value);
      this.emitTicket(form, '*.changed', { propertyName: name, newValue: value });
    });
    this.#forms.set(form, stop);
  }

  // --- saving -----------------------------------------------------------------------------------------------

  /** Asks every app on a ticket page; the answers of those that block. */
  async askToSave(form: TicketForm, timeoutMs: number): Promise<{ app: string; message: string }[]> {
    const verdicts = await Promise.all(
      this.of(form).map(async (instance): Promise<[Instance, Verdict]> => [
        instance,
        await instance.ask('ticket.save', timeoutMs),
      ]),
    );
    return verdicts.flatMap(([instance, verdict]) =>
      verdict.allowed ? [] : [{ app: instance.installation.name, message: verdict.message }],
    );
  }

  // --- InstanceHost -----------------------------------------------------------------------------------------

  metadata(instance: Instance): unknown {
    const { installation } = instance;
    return {
      appId: installation.app_id,
      installationId: installation.id,
      name: installation.name,
      version: installation.version,
      settings: installation.settings,
    };
  }

  context(instance: Instance): Record<string, unknown> {
    const { ticket } = instance;
    return {
      instanceGuid: instance.guid,
      product: 'support',
      account: { subdomain: this.desk.boot.account.subdomain },
      location: instance.location,
      ...(ticket ? (ticket.isNew ? { newTicketId: ticket.newGuid } : { ticketId: ticket.record.id }) : {}),
    };
  }

  registered(instance: Instance): void {
    for (const other of this.siblings(instance)) other.emit('instance.registered', this.context(instance));
  }

  answer(sender: Instance, message: AppMessage): void {
    if (message.kind === 'http') {
      void send(this.desk.boot, sender.installation, message.options).then(({ outcome, args }) =>
        sender.post(protocol.httpEnd(message.key, outcome, args)),
      );
      return;
    }
    const target = this.addressed(sender, message.instanceGuid);
    if (message.kind === 'trigger') {
      if (target) this.emitAt(target, message.event, message.data);
      return;
    }
    if (message.kind === 'get' || message.kind === 'set' || message.kind === 'invoke') {
      void answer(this, target, message).then(reply => sender.post(reply));
    }
  }

  traffic(instance: Instance, direction: 'in' | 'out', data: unknown): void {
    if (!this.log.on) return;
    const text = typeof data === 'string' ? data : JSON.stringify(data);
    const { guid, installation, location } = instance;
    this.log.entries.push({ at: performance.now(), guid, app: installation.name, location, direction, text });
    this.log.entries.splice(0, this.log.entries.length - TRAFFIC_KEPT);
    this.log.changed();
  }
}
