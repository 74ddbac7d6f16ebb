// The monitoring service: what is, what was, and rules about it.
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';

import { done, gateway, monitoring, take } from '~/api/client';
import type { components } from '~/api/generated/monitoring';

type Schemas = components['schemas'];
export type Figures = Schemas['Figures'];
export type Rule = Schemas['Rule'];
export type RuleChange = Schemas['RuleChange'];
export type Condition = Rule['condition'];
export type Alert = Schemas['Alert'];
export type AlertEvent = Schemas['AlertEvent'];
export type Series = Schemas['Series'];
export type Ranked = Schemas['Ranked'];

interface Signalled {
  signal: AbortSignal;
}

export interface Span {
  fromMs: number;
  toMs: number;
  points: number;
}

// Ends are rounded by the caller, so that two charts of one moment share an answer.
export function seriesQuery(metric: string, { fromMs, toMs, points }: Span, tenant: string) {
  return queryOptions({
    queryKey: ['monitoring', 'series', metric, tenant, fromMs, toMs, points],
    queryFn: ({ signal }: Signalled) =>
      take(
        monitoring.GET('/v1/monitoring/series', {
          params: {
            query: {
              metric,
              from: new Date(fromMs).toISOString(),
              to: new Date(toMs).toISOString(),
              points,
              ...(tenant !== '' && { tenant }),
            },
          },
          signal,
        }),
      ),
    staleTime: Infinity,
    gcTime: 120_000,
  });
}

export const topMetrics = [
  'memory_used_bytes',
  'memory_ratio',
  'ops_per_second',
  'keys',
  'clients',
  'cpu_share',
  'latency_p50_us',
  'latency_p99_us',
  'evicted',
  'expired',
] as const;
export type TopMetric = (typeof topMetrics)[number];

export function topQuery(metric: TopMetric, limit: number) {
  return queryOptions({
    queryKey: ['monitoring', 'top', metric, limit],
    queryFn: ({ signal }: Signalled) =>
      take(monitoring.GET('/v1/monitoring/top', { params: { query: { metric, limit } }, signal })),
    refetchInterval: 10_000,
  });
}

export const figuresQuery = queryOptions({
  queryKey: ['monitoring', 'nodes'],
  queryFn: ({ signal }: Signalled) => take(monitoring.GET('/v1/monitoring/nodes', { signal })),
  select: (page) => page.items,
  refetchInterval: 30_000,
});

// For the platform alone.
export const monitoringHealthQuery = queryOptions({
  queryKey: ['monitoring', 'health'],
  queryFn: ({ signal }: Signalled) => take(monitoring.GET('/v1/monitoring/health', { signal })),
  refetchInterval: 10_000,
});

// Whether the service is there at all, for callers of every kind.
export const summaryQuery = queryOptions({
  queryKey: ['monitoring', 'summary'],
  queryFn: ({ signal }: Signalled) => take(monitoring.GET('/v1/monitoring/summary', { signal })),
  refetchInterval: 10_000,
  retry: false,
});

export const gatewayHealthQuery = queryOptions({
  queryKey: ['gateway', 'health'],
  queryFn: ({ signal }: Signalled) => take(gateway.GET('/v1/health', { signal })),
  refetchInterval: 10_000,
});

export const hostsQuery = queryOptions({
  queryKey: ['hosts'],
  queryFn: ({ signal }: Signalled) => take(gateway.GET('/v1/hosts', { signal })),
  select: (page) => page.items,
  refetchInterval: 10_000,
});

export const rulesQuery = queryOptions({
  queryKey: ['monitoring', 'rules'],
  queryFn: ({ signal }: Signalled) => take(monitoring.GET('/v1/monitoring/rules', { signal })),
  select: (page) => page.items,
  refetchInterval: 30_000,
});

export const alertsQuery = queryOptions({
  queryKey: ['monitoring', 'alerts'],
  queryFn: ({ signal }: Signalled) => take(monitoring.GET('/v1/monitoring/alerts', { signal })),
  select: (page) => page.items,
  refetchInterval: 5_000,
});

export const alertHistoryQuery = queryOptions({
  queryKey: ['monitoring', 'history'],
  queryFn: ({ signal }: Signalled) =>
    take(
      monitoring.GET('/v1/monitoring/alerts/history', {
        params: { query: { limit: 200 } },
        signal,
      }),
    ),
  select: (page) => page.items,
  refetchInterval: 10_000,
});

function useChange<In, Out>(change: (input: In) => Promise<Out>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: async () => {
      const keys = [rulesQuery.queryKey, alertsQuery.queryKey, alertHistoryQuery.queryKey];
      await Promise.all(keys.map((queryKey) => queries.invalidateQueries({ queryKey })));
    },
  });
}

// The version is what If-Match names: refused when somebody else has changed the rule meanwhile.
export function useSaveRule() {
  return useChange(({ rule, body }: { rule: Rule | undefined; body: RuleChange }) => {
    if (rule === undefined) {
      const { webhook, ...rest } = body;
      const secret = webhook?.secret ?? '';
      const whole = { ...rest, ...(webhook && { webhook: { url: webhook.url, secret } }) };
      return take(monitoring.POST('/v1/monitoring/rules', { body: whole }));
    }
    const header = { 'If-Match': `"${rule.version}"` };
    return take(
      monitoring.PUT('/v1/monitoring/rules/{rule}', {
        params: { path: { rule: rule.id }, header },
        body,
      }),
    );
  });
}

export function useDeleteRule() {
  return useChange((rule: Rule) =>
    done(monitoring.DELETE('/v1/monitoring/rules/{rule}', { params: { path: { rule: rule.id } } })),
  );
}
