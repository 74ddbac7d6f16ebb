// The state of one shell: its connection, what was said, what is under way.
import { useCallback, useEffect, useRef, useState } from 'react';

import { type Reply, run, type Word } from '~/api/commands';
import { ShellClosedError, ShellConnection } from '~/shell/connection';
import { cli as cliWords } from '~/strings/cli';

export type Entry =
  | { id: number; kind: 'call'; line: string; reply?: Reply; failure?: string; ms?: number }
  | { id: number; kind: 'push'; reply: Reply }
  | { id: number; kind: 'note'; text: string };

export type ShellState = 'connecting' | 'open' | 'closed';

// A subscriber can be told a lot: the oldest lines go.
const mostEntries = 500;

// Distributes, so that each kind of entry keeps its own fields.
type Draft = Entry extends infer E ? (E extends Entry ? Omit<E, 'id'> : never) : never;

export function useShell(node: string, name: string, database: number) {
  const [entries, setEntries] = useState<readonly Entry[]>([]);
  const [state, setState] = useState<ShellState>('connecting');
  const [running, setRunning] = useState(0);
  const [subscriptions, setSubscriptions] = useState(0);
  const [attempt, setAttempt] = useState(0);
  const connection = useRef<ShellConnection | undefined>(undefined);
  const client = useRef<number | undefined>(undefined);
  const lastId = useRef(0);

  const add = useCallback((draft: Draft): number => {
    lastId.current += 1;
    const id = lastId.current;
    setEntries((before) => [...before, { ...draft, id }].slice(-mostEntries));
    return id;
  }, []);

  useEffect(() => {
    client.current = undefined;
    const made = new ShellConnection(node, database, {
      onState: (next) => {
        if (next === 'open') {
          setState('open');
          add({ kind: 'note', text: cliWords.ready(name) });
          void made.run(['CLIENT', 'ID']).then(
            (id) => {
              if (typeof id === 'number') client.current = id;
            },
            () => undefined,
          );
        } else if (next === 'closed') {
          setState('closed');
        }
      },
      onPush: (items) => add({ kind: 'push', reply: items }),
    });
    connection.current = made;
    return () => {
      connection.current = undefined;
      made.close();
    };
  }, [node, name, database, attempt, add]);

  const settle = (id: number, result: { reply?: Reply; failure?: string; ms: number }) => {
    setEntries((before) =>
      before.map((one) => (one.id === id && one.kind === 'call' ? { ...one, ...result } : one)),
    );
  };

  const send = async (line: string, command: readonly Word[]) => {
    const id = add({ kind: 'call', line });
    const begun = performance.now();
    setRunning((count) => count + 1);
    try {
      const open = connection.current;
      if (open === undefined) throw new ShellClosedError(cliWords.closed);
      const reply = await open.run(command);
      settle(id, { reply, ms: performance.now() - begun });
      const count = subscriptionsAfter(reply);
      if (count !== undefined) setSubscriptions(count);
    } catch (failure) {
      const text = failure instanceof Error ? failure.message : String(failure);
      settle(id, { failure: text, ms: performance.now() - begun });
    } finally {
      setRunning((count) => count - 1);
    }
  };

  const reconnect = () => {
    setState('connecting');
    setSubscriptions(0);
    setAttempt((before) => before + 1);
  };

  // Ends what waits: subscriptions are given up, a blocked client is told to go on; what can be ended
  // in no other way goes with its connection.
  const interrupt = async () => {
    if (running === 0) {
      if (subscriptions === 0) return;
      for (const command of ['UNSUBSCRIBE', 'PUNSUBSCRIBE']) await send(command, [command]);
      setSubscriptions(0);
      return;
    }
    const id = client.current;
    const unblocked =
      id !== undefined &&
      (await run({ node }, 'CLIENT', 'UNBLOCK', id, 'ERROR').catch(() => 0)) === 1;
    if (unblocked) return;
    add({ kind: 'note', text: cliWords.interrupted });
    reconnect();
  };

  return {
    entries,
    state,
    isRunning: running > 0,
    subscriptions,
    send,
    note: (text: string) => add({ kind: 'note', text }),
    interrupt,
    reconnect,
    clear: () => setEntries([]),
  };
}

// How many subscriptions a reply of SUBSCRIBE and its relatives leaves.
function subscriptionsAfter(reply: Reply): number | undefined {
  if (typeof reply !== 'object' || reply === null || Array.isArray(reply)) return undefined;
  const { push } = reply as { push?: unknown };
  if (!Array.isArray(push) || typeof push[0] !== 'string') return undefined;
  const count: unknown = push[2];
  return push[0].endsWith('subscribe') && typeof count === 'number' ? count : undefined;
}
