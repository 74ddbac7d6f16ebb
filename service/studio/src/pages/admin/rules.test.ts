import { expect, test } from 'vitest';

import type { Plan } from '~/api/admin';
import {
  credentialState,
  dayEnd,
  dayStart,
  displayNameFault,
  expiryOf,
  linkTo,
  planBody,
  planValidation,
  planValues,
  rolesUpTo,
  tenantNameFault,
} from '~/pages/admin/rules';

const plan: Plan = {
  name: 'gold',
  memory_bytes: 123_456_789,
  max_nodes: 7,
  max_connections: 0,
  ops_per_second: 1000,
  bytes_per_second: 0,
  created_at: '2026-01-01T00:00:00.000Z',
  updated_at: '2026-01-01T00:00:00.000Z',
  version: 1,
};

test('names of tenants are those that the backend takes', () => {
  for (const name of ['acme', 'A_b-c.9', '...', 'x'.repeat(64)])
    expect(tenantNameFault(name)).toBeNull();
  for (const name of ['', '.', '..', 'a b', 'ä', 'x'.repeat(65)]) {
    expect(tenantNameFault(name)).not.toBeNull();
  }
  expect(displayNameFault('ä'.repeat(100))).toBeNull();
  expect(displayNameFault('ä'.repeat(101))).not.toBeNull();
});

test('an amount that nobody touched is sent as it was, though its text is rounded', () => {
  const values = planValues(plan);
  expect(values.memory).toBe('118 MiB');
  expect(planBody(values, plan)).toEqual({
    memory_bytes: 123_456_789,
    max_nodes: 7,
    max_connections: 0,
    ops_per_second: 1000,
    bytes_per_second: 0,
  });
  expect(planBody({ ...values, memory: '64mb' }, plan).memory_bytes).toBe(64 * 1024 ** 2);
  expect(planValues(undefined)).toMatchObject({ memory: '0', nodes: '0' });
});

test('plans refuse what is no number', () => {
  expect(planValidation.nodes('7')).toBeNull();
  for (const text of ['', '-1', '1.5', 'x']) expect(planValidation.nodes(text)).not.toBeNull();
  expect(planValidation.memory('lots')).not.toBeNull();
  expect(planValidation.name('Gold')).not.toBeNull();
});

test('credentials are active, revoked or expired', () => {
  const now = Date.parse('2026-06-01T00:00:00Z');
  const state = (expires: string | null, revoked: string | null) =>
    credentialState({ expires_at: expires, revoked_at: revoked }, now);
  expect(state(null, null)).toBe('active');
  expect(state('2026-06-02T00:00:00Z', null)).toBe('active');
  expect(state('2026-06-01T00:00:00Z', null)).toBe('expired');
  expect(state('2026-06-02T00:00:00Z', '2026-05-01T00:00:00Z')).toBe('revoked');
  expect(expiryOf('', now)).toBeUndefined();
  expect(expiryOf('86400', now)).toBe('2026-06-02T00:00:00.000Z');
});

test('nobody gives a role above their own', () => {
  expect(rolesUpTo('admin', false)).toEqual(['viewer', 'member', 'admin']);
  expect(rolesUpTo('owner', false)).toHaveLength(4);
  expect(rolesUpTo(null, true)).toHaveLength(4);
  expect(rolesUpTo(null, false)).toEqual([]);
});

test('links have their token where no server sees it', () => {
  expect(linkTo('reset-password', 'mrp_x')).toBe(
    `${globalThis.location.origin}/reset-password#mrp_x`,
  );
});

test('days are whole days of the reader', () => {
  const start = Date.parse(dayStart('2026-03-01'));
  expect(Date.parse(dayEnd('2026-03-01')) - start).toBe(86_400_000 - 1);
  expect(dayStart('')).toBe('');
  expect(dayEnd('nonsense')).toBe('');
});
