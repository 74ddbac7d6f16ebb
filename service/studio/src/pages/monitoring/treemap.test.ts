import { expect, test } from 'vitest';

import { type Placed, squarified } from '~/pages/monitoring/treemap';

const box = { x: 10, y: 20, width: 600, height: 400 };
const area = (one: Placed<number>) => one.width * one.height;

test('areas go by values and fill the box', () => {
  const values = [6, 6, 4, 3, 2, 2, 1];
  const placed = squarified(values, (one) => one, box);
  expect(placed).toHaveLength(values.length);
  const total = values.reduce((sum, one) => sum + one, 0);
  for (const one of placed) {
    expect(area(one)).toBeCloseTo((one.item / total) * box.width * box.height, 6);
    expect(one.x).toBeGreaterThanOrEqual(box.x - 1e-9);
    expect(one.y).toBeGreaterThanOrEqual(box.y - 1e-9);
    expect(one.x + one.width).toBeLessThanOrEqual(box.x + box.width + 1e-6);
    expect(one.y + one.height).toBeLessThanOrEqual(box.y + box.height + 1e-6);
  }
});

test('no two overlap, and sides are alike', () => {
  const values = Array.from({ length: 200 }, (_, index) => 1 + ((index * 37) % 50));
  const placed = squarified(values, (one) => one, box);
  for (const [index, a] of placed.entries()) {
    expect(Math.max(a.width / a.height, a.height / a.width)).toBeLessThan(4);
    for (const b of placed.slice(index + 1)) {
      const apart =
        a.x + a.width <= b.x + 1e-6 ||
        b.x + b.width <= a.x + 1e-6 ||
        a.y + a.height <= b.y + 1e-6 ||
        b.y + b.height <= a.y + 1e-6;
      expect(apart).toBe(true);
    }
  }
});

test('what has no value has no place', () => {
  expect(squarified([0, -1], (one) => one, box)).toEqual([]);
  expect(squarified([0, 5], (one) => one, box)).toHaveLength(1);
  expect(squarified([], () => 1, box)).toEqual([]);
  expect(squarified([1], (one) => one, { ...box, width: 0 })).toEqual([]);
});
