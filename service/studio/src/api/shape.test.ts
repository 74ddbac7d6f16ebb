import { describe, expect, it } from 'vitest';

import { gateway } from '~/api/generated/shapes';
import { misfit, type Shape } from '~/api/shape';

const schemas: Record<string, Shape> = {
  Thing: {
    type: 'object',
    required: ['id', 'port'],
    properties: { id: { type: 'string' }, port: { type: ['integer', 'null'] } },
  },
};
const list: Shape = {
  type: 'object',
  required: ['items'],
  properties: { items: { type: 'array', items: { ref: 'Thing' } } },
};

describe('misfit', () => {
  it('lets through what fits, and fields that it does not know', () => {
    expect(
      misfit(list, { items: [{ id: 'a', port: null, color: 'red' }], more: 1 }, schemas),
    ).toBeUndefined();
  });

  it.each([
    [{}, 'items'],
    [{ items: null }, 'items'],
    [{ items: {} }, 'items'],
    [{ items: [{ id: 'a', port: 1 }, { id: 'b' }] }, 'items.1.port'],
    [{ items: [{ id: 5, port: 1 }] }, 'items.0.id'],
    [{ items: [{ id: 'a', port: 1.5 }] }, 'items.0.port'],
    [null, 'the answer'],
    ['<html>', 'the answer'],
    [[], 'the answer'],
  ])('names the place in %j', (value, where) => expect(misfit(list, value, schemas)).toBe(where));

  it('takes any of several shapes', () => {
    const either: Shape = { anyOf: [{ type: 'null' }, { ref: 'Thing' }] };
    expect(misfit(either, null, schemas)).toBeUndefined();
    expect(misfit(either, { id: 'a', port: 1 }, schemas)).toBeUndefined();
    expect(misfit(either, { id: 'a' }, schemas)).toBe('the answer');
  });

  it('knows the answers of the gateway', () => {
    const shape = gateway.answers['GET /v1/nodes'];
    expect(misfit(shape, { items: [], next_cursor: null }, gateway.schemas)).toBeUndefined();
    expect(misfit(shape, { items: [{ name: 'x' }], next_cursor: null }, gateway.schemas)).toMatch(
      /^items\.0\./,
    );
  });
});
