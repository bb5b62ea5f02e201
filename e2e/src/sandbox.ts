import type { Demo } from './demo.ts';

export interface Ticket {
  id: number;
  subject: string;
  status: string;
  priority: string | null;
  tags: string[];
  assignee_id: number | null;
}

export interface Comment {
  body: string;
  public: boolean;
}

/** One call that the sandbox answered. */
export interface LoggedCall {
  seq: number;
  time: string;
  method: string;
  path: string;
  query: string | null;
  client: string | null;
  status: number;
  request: unknown;
}

/** The sandbox as a program sees it: Zendesk's REST API in the administrator's name, and the control API. */
export class Sandbox {
  constructor(private readonly demo: Demo) {}

  async ticket(id: number): Promise<Ticket> {
    return (await this.get<{ ticket: Ticket }>(`/api/v2/tickets/${id}`)).ticket;
  }

  async comments(id: number): Promise<Comment[]> {
    return (await this.get<{ comments: Comment[] }>(`/api/v2/tickets/${id}/comments`)).comments;
  }

  async update(id: number, ticket: object): Promise<void> {
    await this.send('PUT', `/api/v2/tickets/${id}`, { ticket });
  }

  /** The calls that were to change a ticket, oldest first: by itself, or together with others. */
  async updatesOf(id: number): Promise<LoggedCall[]> {
    const response = await this.request('GET', '/sandbox/log');
    const lines = (await response.text()).split('\n').filter((line) => line.trim() !== '');
    const calls = lines.map((line) => JSON.parse(line) as LoggedCall);
    const names = (call: LoggedCall) => {
      if (/\/tickets\/update_many(\.json)?$/.test(call.path)) {
        const ids = new URLSearchParams(call.query ?? '').get('ids')?.split(',') ?? [];
        const { tickets = [] } = (call.request ?? {}) as { tickets?: { id: number }[] };
        return ids.includes(`${id}`) || tickets.some((ticket) => ticket.id === id);
      }
      return new RegExp(`/tickets/${id}(\\.json|/tags)?$`).test(call.path);
    };
    return calls.filter((call) => call.method !== 'GET' && names(call));
  }

  /** The open tickets that are assigned to a person: what the journeys work with. */
  async ticketsOf(email: string): Promise<Ticket[]> {
    const { users } = await this.get<{ users: { id: number }[] }>(
      `/api/v2/users/search?query=${encodeURIComponent(email)}`,
    );
    const { tickets } = await this.get<{ tickets: Ticket[] }>('/api/v2/tickets?per_page=100');
    const open = ['new', 'open', 'pending', 'hold'];
    return tickets.filter((ticket) => ticket.assignee_id === users[0]?.id && open.includes(ticket.status));
  }

  private async get<T>(path: string): Promise<T> {
    return (await this.request('GET', path)).json() as Promise<T>;
  }

  private async send(method: string, path: string, body: object): Promise<Response> {
    return this.request(method, path, JSON.stringify(body));
  }

  private async request(method: string, path: string, body?: string): Promise<Response> {
    const credentials = Buffer.from('admin@acme.test/token:sandbox').toString('base64');
    const headers = { authorization: `Basic ${credentials}`, 'content-type': 'application/json' };
    const response = await fetch(this.demo.workspace + path, { method, headers, body });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response;
  }
}
