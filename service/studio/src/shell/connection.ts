// A client of a node over a WebSocket: requests are answered in turn, and what comes by itself is
// passed on.
import type { Reply, Word } from '~/api/commands';
import { openStream, type SocketState, type Stream } from '~/api/stream';
import { freshToken } from '~/session/session';

interface Listeners {
  onState: (state: SocketState) => void;
  onPush: (items: readonly Reply[]) => void;
}

interface Waiting {
  resolve: (reply: Reply) => void;
  reject: (failure: Error) => void;
}

// The connection ended before the answer came.
export class ShellClosedError extends Error {
  override readonly name = 'ShellClosedError';
}

export class ShellConnection {
  private readonly stream: Stream;
  private readonly waiting = new Map<number, Waiting>();
  private last = 0;

  constructor(node: string, database: number, listeners: Listeners) {
    this.stream = openStream({
      path: `/v1/nodes/${encodeURIComponent(node)}/shell?database=${database}`,
      token: freshToken,
      reconnect: false,
      onMessage: (message) => this.receive(message, listeners),
      onState: (state) => {
        if (state === 'closed') this.failAll();
        listeners.onState(state);
      },
    });
  }

  run(command: readonly Word[]): Promise<Reply> {
    this.last += 1;
    const id = this.last;
    return new Promise((resolve, reject) => {
      if (!this.stream.send({ id, command })) {
        reject(new ShellClosedError('the connection is closed'));
        return;
      }
      this.waiting.set(id, { resolve, reject });
    });
  }

  close(): void {
    this.stream.close();
    this.failAll();
  }

  private receive(message: unknown, listeners: Listeners): void {
    if (typeof message !== 'object' || message === null) return;
    const { id, reply, push, problem } = message as Record<string, unknown>;
    if (Array.isArray(push)) {
      listeners.onPush(push as Reply[]);
      return;
    }
    const waiting = typeof id === 'number' ? this.waiting.get(id) : undefined;
    if (waiting === undefined) return;
    this.waiting.delete(id as number);
    if (problem === undefined) {
      waiting.resolve((reply ?? null) as Reply);
    } else {
      const { detail } = problem as { detail?: unknown };
      waiting.reject(new Error(typeof detail === 'string' ? detail : 'the request was refused'));
    }
  }

  private failAll(): void {
    for (const { reject } of this.waiting.values()) {
      reject(new ShellClosedError('the connection was closed before the answer came'));
    }
    this.waiting.clear();
  }
}
