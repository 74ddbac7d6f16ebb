// Alert rules: how they read, and what a form makes of them.
import type { Condition, Rule, RuleChange } from '~/api/monitoring';
import { formatBytes, formatDuration, formatNumber, formatPercent, parseBytes } from '~/format';
import { monitoring as monitoringWords } from '~/strings/monitoring';

const words = monitoringWords.alerts;
const names = monitoringWords.metrics;

export const thresholdMetrics = [
  'memory_ratio',
  'memory_used_bytes',
  'ops_per_second',
  'keys',
  'clients',
  'cpu_share',
  'latency_p50_us',
  'latency_p99_us',
] as const;
export const rateMetrics = [
  'evicted',
  'expired',
  'hits',
  'misses',
  'net_input_bytes',
  'net_output_bytes',
] as const;
export const operators = ['gt', 'ge', 'lt', 'le'] as const;
export const kinds = ['threshold', 'rate', 'full_in', 'absence'] as const;

// A figure in its unit.
export function formatMetric(metric: string, value: number | null | undefined): string {
  if (metric.includes('bytes')) return formatBytes(value);
  if (metric === 'memory_ratio') return formatPercent(value, 1);
  if (metric === 'cpu_share') return formatPercent(value, 1);
  if (metric.endsWith('_us'))
    return formatDuration(typeof value === 'number' ? value / 1e6 : undefined);
  return formatNumber(value);
}

// "Memory > 40 MiB for 1 min"
export function conditionText(condition: Condition): string {
  const held =
    condition.for_seconds !== undefined && condition.for_seconds > 0
      ? ` ${words.forTime(formatDuration(condition.for_seconds))}`
      : '';
  switch (condition.kind) {
    case 'absence':
      return `${words.absent}${held}`;
    case 'full_in':
      return `${words.fullWithin(formatDuration(condition.within_seconds))}${held}`;
    case 'threshold':
      return `${names[condition.metric]} ${words.ops[condition.op]} ${formatMetric(condition.metric, condition.value)}${held}`;
    case 'rate':
      return `${names[condition.metric]} ${words.perSecond} ${words.ops[condition.op]} ${formatMetric(condition.metric, condition.value)}${held}`;
  }
}

export function valueText(condition: Condition | undefined, value: number | null): string {
  if (condition === undefined) return formatNumber(value);
  if (condition.kind === 'full_in') {
    return value === 0 ? monitoringWords.fullNow : formatDuration(value);
  }
  return condition.kind === 'absence' ? '' : formatMetric(condition.metric, value);
}

export interface RuleValues {
  name: string;
  kind: Condition['kind'];
  metric: (typeof thresholdMetrics)[number];
  counter: (typeof rateMetrics)[number];
  op: (typeof operators)[number];
  value: string;
  within: string; // minutes
  node: string; // empty: all
  held: string; // seconds
  url: string;
  secret: string;
  enabled: boolean;
}

export const emptyValues: RuleValues = {
  name: '',
  kind: 'threshold',
  metric: 'memory_ratio',
  counter: 'evicted',
  op: 'gt',
  value: '0.9',
  within: '180',
  node: '',
  held: '60',
  url: '',
  secret: '',
  enabled: true,
};

export function valuesOf({ name, enabled, condition, webhook }: Rule): RuleValues {
  return {
    ...emptyValues,
    name,
    enabled,
    kind: condition.kind,
    node: condition.node ?? '',
    held: String(condition.for_seconds ?? 0),
    url: webhook?.url ?? '',
    ...(condition.kind === 'threshold' && { metric: condition.metric }),
    ...(condition.kind === 'rate' && { counter: condition.metric }),
    ...((condition.kind === 'threshold' || condition.kind === 'rate') && {
      op: condition.op,
      value: String(condition.value),
    }),
    ...(condition.kind === 'full_in' && {
      within: String(Math.round(condition.within_seconds / 60)),
    }),
  };
}

function numberOf(text: string): number | undefined {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  return parseBytes(text);
}

function integerFault(text: string, least: number, most: number, fault: string): string | null {
  const value = Number(text);
  return /^\d+$/.test(text) && value >= least && value <= most ? null : fault;
}

const form = words.form;

// The secret of a webhook that stays where it is need not be given again.
export const validationFor = (before: Rule | undefined) => ({
  name: (value: string) => (/^[A-Za-z0-9_.-]{1,64}$/.test(value) ? null : form.nameFault),
  value: (value: string, { kind }: RuleValues) =>
    (kind === 'threshold' || kind === 'rate') && numberOf(value) === undefined
      ? form.valueFault
      : null,
  within: (value: string, { kind }: RuleValues) =>
    kind === 'full_in' ? integerFault(value, 1, 43_200, form.withinFault) : null,
  node: (value: string, { kind }: RuleValues) =>
    kind === 'absence' && value === '' ? form.nodeFault : null,
  held: (value: string) => integerFault(value, 0, 86_400, form.forFault),
  url: (value: string) =>
    value === '' || /^https?:\/\/[!-~]+$/.test(value) ? null : form.urlFault,
  secret: (value: string, { url }: RuleValues) => {
    const kept = value === '' && url === before?.webhook?.url;
    return url === '' || kept || (value.length >= 16 && value.length <= 256)
      ? null
      : form.secretFault;
  },
});

function conditionOf({
  kind,
  metric,
  counter,
  op,
  value,
  within,
  node,
  held,
}: RuleValues): RuleChange['condition'] {
  const shared = { for_seconds: Number(held), ...(node !== '' && { node }) };
  switch (kind) {
    case 'absence':
      return { ...shared, kind, node };
    case 'full_in':
      return { ...shared, kind, within_seconds: Number(within) * 60 };
    case 'threshold':
      return { ...shared, kind, metric, op, value: numberOf(value) ?? 0 };
    case 'rate':
      return { ...shared, kind, metric: counter, op, value: numberOf(value) ?? 0 };
  }
}

export function bodyOf(values: RuleValues): RuleChange {
  const { name, enabled, url, secret } = values;
  const webhook = { url, ...(secret !== '' && { secret }) };
  return { name, enabled, condition: conditionOf(values), ...(url !== '' && { webhook }) };
}
