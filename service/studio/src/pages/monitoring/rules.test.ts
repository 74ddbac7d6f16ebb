import { expect, test } from 'vitest';

import type { Rule } from '~/api/monitoring';
import {
  bodyOf,
  conditionText,
  emptyValues,
  formatMetric,
  validationFor,
  valuesOf,
  valueText,
} from '~/pages/monitoring/rules';

const rule: Rule = {
  id: 'r',
  tenant: 'acme',
  name: 'full',
  enabled: true,
  condition: { kind: 'threshold', metric: 'memory_ratio', op: 'gt', value: 0.9, for_seconds: 60 },
  webhook: { url: 'https://example.com/hook' },
  version: 3,
};

test('conditions read as sentences do', () => {
  expect(conditionText(rule.condition)).toBe('Share of limit > 90 % for 1 min');
  expect(conditionText({ kind: 'full_in', within_seconds: 10_800, for_seconds: 0 })).toBe(
    'full within 3 h',
  );
  expect(conditionText({ kind: 'absence', node: 'a'.repeat(16), for_seconds: 30 })).toBe(
    'does not run for 30 s',
  );
  expect(
    conditionText({
      kind: 'rate',
      metric: 'net_input_bytes',
      op: 'ge',
      value: 1024 ** 2,
      for_seconds: 0,
    }),
  ).toBe('Bytes in a second ≥ 1 MiB');
});

test('figures are shown in their unit', () => {
  expect(formatMetric('latency_p99_us', 1500)).toBe('1.5 ms');
  expect(formatMetric('memory_used_bytes', 2048)).toBe('2 KiB');
  expect(formatMetric('keys', 12_345)).toBe('12,345');
  expect(formatMetric('cpu_share', null)).toBe('–');
  expect(valueText({ kind: 'full_in', within_seconds: 60 }, 0)).toBe('full now');
  expect(valueText(undefined, 5)).toBe('5');
});

test('a form gives back the rule that it was made from', () => {
  for (const condition of [
    rule.condition,
    { kind: 'rate', metric: 'evicted', op: 'ge', value: 10, for_seconds: 5 },
    { kind: 'full_in', within_seconds: 7200, for_seconds: 0, node: 'a'.repeat(16) },
    { kind: 'absence', node: 'b'.repeat(16), for_seconds: 0 },
  ] satisfies Rule['condition'][]) {
    const body = bodyOf(valuesOf({ ...rule, condition }));
    expect(body.condition).toEqual(condition);
    expect(body.webhook).toEqual({ url: 'https://example.com/hook' });
  }
});

test('amounts may be typed with their unit', () => {
  const values = { ...emptyValues, name: 'x', metric: 'memory_used_bytes' as const, value: '40mb' };
  expect(bodyOf(values).condition).toMatchObject({ value: 40 * 1024 ** 2 });
  expect(validationFor(undefined).value('lots', values)).not.toBeNull();
  expect(validationFor(undefined).value('', { ...values, kind: 'full_in' })).toBeNull();
});

test('a secret is needed for a webhook, unless it stays where it was', () => {
  const { secret } = validationFor(rule);
  const values = valuesOf(rule);
  expect(secret('', values)).toBeNull();
  expect(secret('', { ...values, url: 'https://example.com/other' })).not.toBeNull();
  expect(secret('short', values)).not.toBeNull();
  expect(secret('', { ...values, url: '' })).toBeNull();
  expect(validationFor(undefined).secret('', values)).not.toBeNull();
  expect(bodyOf({ ...values, secret: 'a secret of the tests' }).webhook).toEqual({
    url: 'https://example.com/hook',
    secret: 'a secret of the tests',
  });
});

test('absence needs an instance, others do not', () => {
  const { node } = validationFor(undefined);
  expect(node('', { ...emptyValues, kind: 'absence' })).not.toBeNull();
  expect(node('', emptyValues)).toBeNull();
});
