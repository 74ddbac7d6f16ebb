// The live figures of nodes: one stream for the whole page, a short history of each node, and listeners
// by node, so that a message redraws the rows in sight and nothing else.
import type { QueryClient } from '@tanstack/react-query';
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useSyncExternalStore } from 'react';

import type { Node, NodeMetrics } from '~/api/nodes';
import { nodesQuery } from '~/api/nodes';
import { openStream } from '~/api/stream';
import { freshToken } from '~/session/session';

export const historyLength = 40;

export interface Live {
  now: NodeMetrics;
  ops: readonly number[]; // of the last messages, oldest first
}

export class FiguresStore {
  private readonly live = new Map<string, Live>();
  private readonly listeners = new Map<string, Set<() => void>>();

  get(id: string): Live | undefined {
    return this.live.get(id);
  }

  take(items: readonly NodeMetrics[]): void {
    for (const now of items) {
      const before = this.live.get(now.id)?.ops ?? [];
      const ops = [...before.slice(1 - historyLength), now.ops_per_second];
      this.live.set(now.id, { now, ops });
      this.tell(now.id);
    }
  }

  forget(id: string): void {
    this.live.delete(id);
    this.tell(id);
  }

  subscribe(id: string, listener: () => void): () => void {
    const known = this.listeners.get(id) ?? new Set();
    this.listeners.set(id, known.add(listener));
    return () => {
      known.delete(listener);
      if (known.size === 0) this.listeners.delete(id);
    };
  }

  private tell(id: string): void {
    this.listeners.get(id)?.forEach((listener) => listener());
  }
}

interface MetricsMessage {
  topic: 'metrics';
  items: NodeMetrics[];
}

interface StateMessage {
  topic: 'state';
  node: string;
  to: string;
}

// Fields that rows read; a message without them is dropped.
function isMetrics(message: unknown): message is MetricsMessage {
  const { topic, items } = message as Partial<MetricsMessage>;
  return (
    topic === 'metrics' &&
    Array.isArray(items) &&
    items.every((one) => typeof one.id === 'string' && typeof one.ops_per_second === 'number')
  );
}

function isState(message: unknown): message is StateMessage {
  const { topic, node, to } = message as Partial<StateMessage>;
  return topic === 'state' && typeof node === 'string' && typeof to === 'string';
}

const states = new Set<string>(['creating', 'running', 'stopped', 'failed', 'deleting']);

const soonMs = 300;
let soon: ReturnType<typeof setTimeout> | undefined;

// Many changes at once, such as of a whole tenant, have the list asked for once.
function fetchSoon(queries: QueryClient): void {
  soon ??= setTimeout(() => {
    soon = undefined;
    void queries.invalidateQueries({ queryKey: nodesQuery.queryKey });
  }, soonMs);
}

const asked = new Set<string>();

// A node that was made after the list was read and before the stream was open is told of by its figures
// alone. One that the list does not get is not asked for again.
function fetchUnknown(queries: QueryClient, items: readonly NodeMetrics[]): void {
  const nodes = queries.getQueryData(nodesQuery.queryKey);
  if (nodes === undefined) return;
  const known = new Set(nodes.map((one) => one.id));
  const fresh = items.filter(({ id }) => !known.has(id) && !asked.has(id));
  if (fresh.length === 0) return;
  fresh.forEach(({ id }) => asked.add(id));
  fetchSoon(queries);
}

// What a change of state means for the list that is shown.
export function applyState(queries: QueryClient, { node, to }: { node: string; to: string }): void {
  const nodes = queries.getQueryData(nodesQuery.queryKey);
  if (nodes === undefined) return;
  if (to === 'deleted') {
    queries.setQueryData(
      nodesQuery.queryKey,
      nodes.filter((one) => one.id !== node),
    );
    return;
  }
  if (states.has(to) && nodes.some((one) => one.id === node)) {
    const state = to as Node['state'];
    queries.setQueryData(
      nodesQuery.queryKey,
      nodes.map((one) => (one.id === node ? { ...one, state } : one)),
    );
  }
  // The version has changed, or it is a node that is new here.
  fetchSoon(queries);
}

export const figures = new FiguresStore();

// Every message has the figures of all nodes: with thousands it is megabytes, so it comes less often.
export function intervalFor(count: number): number {
  if (count <= 300) return 1_000;
  return count <= 2_000 ? 4_000 : 10_000;
}

export function useFiguresStream(intervalMs: number, tenant?: string): void {
  const queries = useQueryClient();
  useEffect(() => {
    const narrowed = tenant === undefined ? '' : `&tenant=${encodeURIComponent(tenant)}`;
    let broken = false;
    const stream = openStream({
      path: `/v1/stream?topics=metrics,state&interval_ms=${intervalMs}${narrowed}`,
      token: freshToken,
      onState: (state) => {
        if (state === 'waiting') broken = true;
        // What has happened in between was told to nobody.
        if (state === 'open' && broken) fetchSoon(queries);
      },
      onMessage: (message) => {
        if (isMetrics(message)) {
          figures.take(message.items);
          fetchUnknown(queries, message.items);
        } else if (isState(message)) applyState(queries, message);
      },
    });
    return stream.close;
  }, [intervalMs, tenant, queries]);
}

export function useLive(id: string): Live | undefined {
  const subscribe = useCallback((listener: () => void) => figures.subscribe(id, listener), [id]);
  return useSyncExternalStore(subscribe, () => figures.get(id));
}
