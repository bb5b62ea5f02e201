import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const binary =
  process.env.AERIE_BINARY ?? join(process.env.CARGO_TARGET_DIR ?? join(root, 'target'), 'debug/aerie');

const START_MS = 30_000;
const STOP_MS = 30_000;

/** `aerie demo`: server, worker and sandbox, on free ports and with a data folder of its own. */
export class Demo {
  private process: ChildProcess | null = null;
  private output = '';

  private constructor(
    private readonly data: string,
    private readonly port: number,
    private readonly sandboxPort: number,
  ) {}

  /** Starts a fresh one; it is ready when this returns. */
  static async start(): Promise<Demo> {
    const demo = new Demo(mkdtempSync(join(tmpdir(), 'aerie-demo-')), await freePort(), await freePort());
    await demo.run();
    return demo;
  }

  get server(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get workspace(): string {
    return `http://127.0.0.1:${this.sandboxPort}`;
  }

  /** What it printed so far: for the message of a failure. */
  get printed(): string {
    return this.output;
  }

  /** Starts it on the data that is there. */
  async run(): Promise<void> {
    const args = [
      'demo',
      '--port',
      `${this.port}`,
      '--sandbox-port',
      `${this.sandboxPort}`,
      '--data',
      this.data,
    ];
    const child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.process = child;
    const ready = `ready workspace=${this.workspace} server=${this.server}`;
    await new Promise<void>((resolve, reject) => {
      const fail = (why: string) => {
        child.kill('SIGKILL');
        reject(new Error(`aerie demo ${why}\n${this.output}`));
      };
      const limit = setTimeout(() => fail(`was not ready within ${START_MS} ms`), START_MS);
      child.on('error', (error) => fail(`cannot be run (make build): ${error.message}`));
      child.on('exit', (code) => {
        clearTimeout(limit);
        fail(`ended with ${code}`);
      });
      const read = (chunk: Buffer) => {
        this.output += chunk.toString();
        if (this.output.includes(ready)) {
          clearTimeout(limit);
          child.removeAllListeners('exit');
          resolve();
        }
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
    });
  }

  /** Ends it as a person would (Ctrl-C) and waits until it has ended by itself; the data stay. */
  async end(): Promise<void> {
    const child = this.process;
    this.process = null;
    this.output = '';
    if (!child || child.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGINT');
    const limit = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    const [code] = (await ended) as [number | null];
    clearTimeout(limit);
    if (code !== 0) throw new Error(`aerie demo ended with ${code}\n${this.output}`);
  }

  /** Ends it and forgets its data. */
  async stop(): Promise<void> {
    try {
      await this.end();
    } finally {
      rmSync(this.data, { recursive: true, force: true });
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
