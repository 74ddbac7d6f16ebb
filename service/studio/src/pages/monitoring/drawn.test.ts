import { expect, test } from 'vitest';

import { drawnFrom, ratioOf } from '~/pages/monitoring/drawn';
import type { Total } from '~/pages/monitoring/live';
import { endOf, rangeOf, ranges } from '~/pages/monitoring/ranges';

const at = (minute: number) => new Date(minute * 60_000).toISOString();
const series = (...values: (number | null)[]) =>
  values.map((value, index) => ({ at: at(index), value }));
const total = (seconds: number, ops: number) => ({ at: seconds, ops_per_second: ops }) as Total;

test('live figures follow the last step that is known', () => {
  const history = [series(1, null, 3, null, null)];
  const totals = [total(100, 7), total(179, 8), total(180, 9), total(181, 10)];
  const drawn = drawnFrom(history, totals, ['ops_per_second']);
  expect(drawn.times).toEqual([0, 60, 120, 180, 181]);
  expect(drawn.values).toEqual([[1, null, 3, 9, 10]]);
});

test('without history there is the tail alone, and without a tail history', () => {
  expect(drawnFrom([[]], [total(5, 1)], ['ops_per_second'])).toEqual({ times: [5], values: [[1]] });
  expect(drawnFrom([series(null, null)], [total(5, 1)], ['ops_per_second']).times).toEqual([5]);
  expect(drawnFrom([series(4)], [], ['ops_per_second'])).toEqual({ times: [0], values: [[4]] });
  expect(drawnFrom([], [], [])).toEqual({ times: [], values: [] });
});

test('lines of one chart end together', () => {
  const drawn = drawnFrom([series(1, 2, null), series(1, null, null)], [], ['evicted', 'expired']);
  expect(drawn.values).toEqual([
    [1, 2],
    [1, null],
  ]);
});

test('the hit ratio is that of look-ups, and unknown where there were none', () => {
  const ratio = ratioOf(series(3, 0, null, 1), series(1, 0, 2, null));
  expect(ratio.map((one) => one.value)).toEqual([0.75, null, null, null]);
});

test('ranges are found by name, and their ends hold still for a while', () => {
  expect(rangeOf('7d').seconds).toBe(7 * 86_400);
  expect(rangeOf('nonsense').key).toBe('15m');
  expect(rangeOf(null).key).toBe('15m');
  for (const range of ranges) {
    expect(range.points).toBeLessThanOrEqual(2000);
    const end = endOf(range, 1_800_000_123_456);
    expect(end).toBeLessThanOrEqual(1_800_000_123_456);
    expect(endOf(range, end + 1)).toBe(end);
  }
});
