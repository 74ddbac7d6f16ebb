import { expect, test } from 'vitest';

import type { NodeMetrics } from '~/api/nodes';
import { figuresOf, growthOf, keptSeconds, LiveTotals, totalOf } from '~/pages/monitoring/live';

const zero = {
  name: 'n',
  tenant: 'acme',
  state: 'running',
  ops_per_second: 0,
  memory_used_bytes: 0,
  memory_limit_bytes: 100,
  clients: 0,
  cpu_share: 0,
  latency_p50_us: 0,
  latency_p99_us: 0,
  hits: 0,
  misses: 0,
  evicted: 0,
  expired: 0,
  net_input_bytes: 0,
  net_output_bytes: 0,
};

function node(id: string, changed: Partial<NodeMetrics> = {}): NodeMetrics {
  return { ...zero, id, ...changed } as NodeMetrics;
}

const before = new Map([
  ['a', node('a', { hits: 100, misses: 50, evicted: 7 })],
  ['b', node('b', { hits: 10 })],
]);

test('counters grow from what they were, and from zero when they began again', () => {
  const items = [node('a', { hits: 130, misses: 60, evicted: 2 }), node('b', { hits: 10 })];
  expect(growthOf(before, items)).toMatchObject({ hits: 30, misses: 10, evicted: 2 });
});

test('a node that was not there before adds nothing to the growth', () => {
  expect(growthOf(before, [node('c', { hits: 1_000_000 })]).hits).toBe(0);
});

test('totals sum nodes, and take the slowest for latencies', () => {
  const items = [
    node('a', {
      ops_per_second: 5,
      memory_used_bytes: 40,
      latency_p99_us: 9,
      hits: 130,
      misses: 60,
    }),
    node('b', {
      ops_per_second: 7,
      memory_used_bytes: 2,
      latency_p99_us: 4,
      state: 'stopped',
      hits: 10,
    }),
  ];
  const total = totalOf(items, before, 1000, 2);
  expect(total).toMatchObject({
    nodes: 1,
    ops_per_second: 12,
    memory_used_bytes: 42,
    latency_p99_us: 9,
    hitRatio: 0.75,
  });
  expect(totalOf(items, new Map(), 1000, undefined)).toMatchObject({
    hitRatio: null,
    evicted: null,
  });
  expect(totalOf([], before, 1000, 1).hitRatio).toBeNull();
});

test('messages of other kinds and shapes are passed over', () => {
  expect(figuresOf({ topic: 'metrics', items: [node('a')] })).toHaveLength(1);
  for (const wrong of [
    undefined,
    null,
    7,
    'text',
    [],
    {},
    { topic: 'state', items: [] },
    { topic: 'metrics' },
    { topic: 'metrics', items: 'x' },
    { topic: 'metrics', items: [null] },
    { topic: 'metrics', items: [{ ...node('a'), hits: 'many' }] },
    { topic: 'metrics', items: [{ ...node('a'), id: 1 }] },
  ]) {
    expect(figuresOf(wrong)).toBeUndefined();
  }
});

test('the tail is as long as a quarter of an hour and no longer', () => {
  const live = new LiveTotals();
  let told = 0;
  const stop = live.subscribe(() => (told += 1));
  for (let second = 0; second < keptSeconds + 50; second += 10) {
    live.take({ topic: 'metrics', items: [node('a', { hits: second })] }, second * 1000);
  }
  live.take('nonsense', 5_000_000);
  const { totals, nodes } = live.current();
  expect(totals.at(-1)?.at).toBe(keptSeconds + 40);
  expect(totals[0]?.at).toBeGreaterThanOrEqual(40);
  expect(nodes.size).toBe(1);
  expect(told).toBe(95);
  stop();
  live.note('waiting');
  expect(told).toBe(95);
  expect(live.current().socket).toBe('waiting');
});
