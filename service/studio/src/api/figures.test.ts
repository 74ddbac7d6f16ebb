import { QueryClient } from '@tanstack/react-query';
import { describe, expect, it, vi } from 'vitest';

import { applyState, FiguresStore, historyLength, intervalFor } from '~/api/figures';
import { type Node, type NodeMetrics, nodesQuery } from '~/api/nodes';

function metrics(id: string, ops: number): NodeMetrics {
  return { id, ops_per_second: ops } as NodeMetrics;
}

describe('FiguresStore', () => {
  it('keeps a short history, and tells those who listen to the node', () => {
    const store = new FiguresStore();
    const ofA = vi.fn();
    const ofB = vi.fn();
    store.subscribe('a', ofA);
    const leave = store.subscribe('b', ofB);
    for (let ops = 0; ops < historyLength + 5; ops += 1) store.take([metrics('a', ops)]);
    expect(store.get('a')?.ops).toHaveLength(historyLength);
    expect(store.get('a')?.ops.at(-1)).toBe(historyLength + 4);
    expect(ofA).toHaveBeenCalledTimes(historyLength + 5);
    expect(ofB).not.toHaveBeenCalled();
    leave();
    store.take([metrics('b', 1)]);
    expect(ofB).not.toHaveBeenCalled();
  });
});

describe('applyState', () => {
  const nodes = [{ id: 'a', state: 'running' } as Node, { id: 'b', state: 'running' } as Node];

  function listAfter(change: { node: string; to: string }) {
    const queries = new QueryClient();
    queries.setQueryData(nodesQuery.queryKey, nodes);
    applyState(queries, change);
    return queries.getQueryData(nodesQuery.queryKey);
  }

  it('changes the state of the one', () => {
    expect(listAfter({ node: 'b', to: 'stopped' })?.map((one) => one.state)).toEqual([
      'running',
      'stopped',
    ]);
  });

  it('takes out what was deleted', () => {
    expect(listAfter({ node: 'a', to: 'deleted' })?.map((one) => one.id)).toEqual(['b']);
  });

  it('leaves the list alone for a state that it does not know', () => {
    expect(listAfter({ node: 'a', to: 'dreaming' })).toEqual(nodes);
  });
});

it('asks for figures less often when there are many', () => {
  expect([1, 300, 301, 2_001].map(intervalFor)).toEqual([1_000, 1_000, 4_000, 10_000]);
});
