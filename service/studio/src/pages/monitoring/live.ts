// The live tail: figures of all nodes as they arrive, summed up, and the last quarter of an hour of sums.
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';

import type { NodeMetrics } from '~/api/nodes';
import { openStream, type SocketState } from '~/api/stream';
import { freshToken } from '~/session/session';

export const keptSeconds = 900;

export interface Total {
  at: number; // Unix seconds
  nodes: number;
  ops_per_second: number;
  memory_used_bytes: number;
  memory_limit_bytes: number;
  clients: number;
  cpu_share: number;
  latency_p50_us: number; // of the slowest
  latency_p99_us: number;
  // Growths a second since the message before; null for the first.
  hitRatio: number | null;
  evicted: number | null;
  expired: number | null;
  bytes_in: number | null;
  bytes_out: number | null;
}

const counters = [
  'hits',
  'misses',
  'evicted',
  'expired',
  'net_input_bytes',
  'net_output_bytes',
] as const;
type Counters = Record<(typeof counters)[number], number>;

// By how much the counters have grown, of nodes that were there before. One that fell has begun again.
export function growthOf(
  before: ReadonlyMap<string, NodeMetrics>,
  items: readonly NodeMetrics[],
): Counters {
  const grown: Counters = {
    hits: 0,
    misses: 0,
    evicted: 0,
    expired: 0,
    net_input_bytes: 0,
    net_output_bytes: 0,
  };
  for (const item of items) {
    const known = before.get(item.id);
    if (known === undefined) continue;
    for (const name of counters)
      grown[name] += item[name] >= known[name] ? item[name] - known[name] : item[name];
  }
  return grown;
}

export function totalOf(
  items: readonly NodeMetrics[],
  before: ReadonlyMap<string, NodeMetrics>,
  at: number,
  elapsed: number | undefined,
): Total {
  const running = items.filter((one) => one.state === 'running');
  const sum = (
    name: 'ops_per_second' | 'memory_used_bytes' | 'memory_limit_bytes' | 'clients' | 'cpu_share',
  ) => items.reduce((all, one) => all + one[name], 0);
  const most = (name: 'latency_p50_us' | 'latency_p99_us') =>
    items.reduce((all, one) => Math.max(all, one[name]), 0);
  const grown = growthOf(before, items);
  const rate = (name: keyof Counters) =>
    elapsed === undefined || elapsed <= 0 ? null : grown[name] / elapsed;
  const asked = grown.hits + grown.misses;
  return {
    at,
    nodes: running.length,
    ops_per_second: sum('ops_per_second'),
    memory_used_bytes: sum('memory_used_bytes'),
    memory_limit_bytes: sum('memory_limit_bytes'),
    clients: sum('clients'),
    cpu_share: sum('cpu_share'),
    latency_p50_us: most('latency_p50_us'),
    latency_p99_us: most('latency_p99_us'),
    hitRatio: elapsed !== undefined && asked > 0 ? grown.hits / asked : null,
    evicted: rate('evicted'),
    expired: rate('expired'),
    bytes_in: rate('net_input_bytes'),
    bytes_out: rate('net_output_bytes'),
  };
}

const numbers = [
  'ops_per_second',
  'memory_used_bytes',
  'memory_limit_bytes',
  'clients',
  'cpu_share',
  'latency_p50_us',
  'latency_p99_us',
  ...counters,
] as const;

// The figures of a message; nothing for a message of another kind, or of another shape.
export function figuresOf(message: unknown): NodeMetrics[] | undefined {
  if (typeof message !== 'object' || message === null) return undefined;
  const { topic, items } = message as { topic?: unknown; items?: unknown };
  if (topic !== 'metrics' || !Array.isArray(items)) return undefined;
  const sound = items.every((one: unknown) => {
    if (typeof one !== 'object' || one === null) return false;
    const fields = one as Record<string, unknown>;
    return (
      typeof fields.id === 'string' && numbers.every((name) => typeof fields[name] === 'number')
    );
  });
  return sound ? (items as NodeMetrics[]) : undefined;
}

export interface LiveState {
  socket: SocketState;
  totals: readonly Total[]; // oldest first
  nodes: ReadonlyMap<string, NodeMetrics>;
}

export class LiveTotals {
  private state: LiveState = { socket: 'connecting', totals: [], nodes: new Map() };
  private readonly listeners = new Set<() => void>();

  readonly current = (): LiveState => this.state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly take = (message: unknown, nowMs: number = Date.now()): void => {
    const items = figuresOf(message);
    if (items === undefined) return;
    const at = nowMs / 1000;
    const last = this.state.totals.at(-1);
    const total = totalOf(
      items,
      this.state.nodes,
      at,
      last === undefined ? undefined : at - last.at,
    );
    const kept = this.state.totals.filter((one) => one.at >= at - keptSeconds);
    this.become({
      ...this.state,
      totals: [...kept, total],
      nodes: new Map(items.map((one) => [one.id, one])),
    });
  };

  readonly note = (socket: SocketState): void => this.become({ ...this.state, socket });

  private become(next: LiveState): void {
    this.state = next;
    this.listeners.forEach((listener) => listener());
  }
}

// One stream for the page. While it is not wanted, nothing is drawn and nothing is asked for.
export function useLiveTotals(wanted: boolean, intervalMs: number, tenant: string): LiveState {
  const store = useMemo(() => new LiveTotals(), [tenant]); // eslint-disable-line react-hooks/exhaustive-deps -- figures of another tenant are others
  useEffect(() => {
    if (!wanted) {
      store.note('closed');
      return undefined;
    }
    const narrowed = tenant === '' ? '' : `&tenant=${encodeURIComponent(tenant)}`;
    const stream = openStream({
      path: `/v1/stream?topics=metrics&interval_ms=${intervalMs}${narrowed}`,
      token: freshToken,
      onMessage: (message) => store.take(message),
      onState: store.note,
    });
    return stream.close;
  }, [store, wanted, intervalMs, tenant]);
  return useSyncExternalStore(store.subscribe, store.current);
}

// A value that follows another at most once in a while: for what is dear to draw.
export function useSlowly<T>(value: T, everyMs: number): T {
  const [shown, show] = useState({ value, at: 0 });
  useEffect(() => {
    const wait = Math.max(0, shown.at + everyMs - Date.now());
    const timer = setTimeout(() => show({ value, at: Date.now() }), wait);
    return () => clearTimeout(timer);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- showing it must not start the wait anew
  }, [value, everyMs]);
  return shown.value;
}
