import { useQueries } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';

import { type Series, seriesQuery } from '~/api/monitoring';
import { formatBytes, formatDuration, formatPercent, formatShort } from '~/format';
import { drawnFrom, type LiveName, ratioOf } from '~/pages/monitoring/drawn';
import classes from '~/pages/monitoring/index.module.css';
import type { Total } from '~/pages/monitoring/live';
import { endOf, type Range } from '~/pages/monitoring/ranges';
import { monitoring as monitoringWords } from '~/strings/monitoring';
import { Panel } from '~/ui/Page';
import { TimeChart } from '~/ui/TimeChart';

const words = monitoringWords;

interface Kind {
  key: keyof typeof words.charts;
  names: readonly LiveName[];
  format: (value: number) => string;
  fill?: boolean;
  unit?: 'bytes';
}

const kinds: readonly Kind[] = [
  { key: 'ops', names: ['ops_per_second'], format: formatShort, fill: true },
  {
    key: 'latency',
    names: ['latency_p50_us', 'latency_p99_us'],
    format: (us) => formatDuration(us / 1e6),
  },
  {
    key: 'memory',
    names: ['memory_used_bytes', 'memory_limit_bytes'],
    format: formatBytes,
    unit: 'bytes',
  },
  { key: 'hitRatio', names: ['hitRatio'], format: (share) => formatPercent(share, 1) },
  { key: 'removed', names: ['evicted', 'expired'], format: formatShort },
  { key: 'network', names: ['bytes_in', 'bytes_out'], format: formatBytes, unit: 'bytes' },
  { key: 'clients', names: ['clients'], format: formatShort, fill: true },
  { key: 'cpu', names: ['cpu_share'], format: (cores) => cores.toFixed(2), fill: true },
];

const metrics = [
  'ops_per_second',
  'latency_p50_us',
  'latency_p99_us',
  'memory_used_bytes',
  'memory_limit_bytes',
  'hits',
  'misses',
  'evicted',
  'expired',
  'bytes_in',
  'bytes_out',
  'clients',
  'cpu_share',
] as const;

type Points = Series['items'];

// The moment that charts end at: with every message while they follow, else that of the last look.
function useNow(range: Range, totals: readonly Total[], follows: boolean): number {
  const [looked, look] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => look(Date.now()), range.refreshSeconds * 1000);
    return () => clearInterval(timer);
  }, [range]);
  const last = follows ? (totals.at(-1)?.at ?? 0) * 1000 : 0;
  return Math.max(looked, last);
}

function useHistory(range: Range, tenant: string, nowMs: number) {
  const toMs = endOf(range, nowMs);
  const span = { fromMs: toMs - range.seconds * 1000, toMs, points: range.points };
  return useQueries({
    queries: metrics.map((metric) => ({
      ...seriesQuery(metric, span, tenant),
      // What was there is shown until its successor comes.
      placeholderData: (before: Series | undefined) => before,
    })),
    combine: (answers) =>
      new Map<string, Points>(
        metrics.map((metric, index) => [metric, answers[index]?.data?.items ?? []]),
      ),
  });
}

interface ChartsProps {
  range: Range;
  tenant: string;
  totals: readonly Total[];
  follows: boolean;
}

export function Charts({ range, tenant, totals, follows }: ChartsProps) {
  const nowMs = useNow(range, totals, follows);
  const history = useHistory(range, tenant, nowMs);
  const to = nowMs / 1000;
  return (
    <div className={classes.charts}>
      {kinds.map((kind) => (
        <OneChart
          key={kind.key}
          kind={kind}
          history={history}
          totals={totals}
          from={to - range.seconds}
          to={to}
        />
      ))}
    </div>
  );
}

interface OneChartProps {
  kind: Kind;
  history: ReadonlyMap<string, Points>;
  totals: readonly Total[];
  from: number;
  to: number;
}

function OneChart({ kind, history, totals, from, to }: OneChartProps) {
  const points = useMemo(() => {
    if (kind.key === 'hitRatio')
      return [ratioOf(history.get('hits') ?? [], history.get('misses') ?? [])];
    return kind.names.map((name) => history.get(name) ?? []);
  }, [kind, history]);
  const drawn = useMemo(() => drawnFrom(points, totals, kind.names), [points, totals, kind]);
  const lines = useMemo(
    () =>
      kind.names.map((name, index) => ({
        label: words.series[name],
        values: drawn.values[index] ?? [],
      })),
    [drawn, kind],
  );
  return (
    <Panel title={words.charts[kind.key]} flush>
      <div className={classes.chart}>
        <TimeChart
          label={words.charts[kind.key]}
          times={drawn.times}
          lines={lines}
          from={from}
          to={to}
          format={kind.format}
          syncKey="monitoring"
          {...(kind.unit && { unit: kind.unit })}
          {...(kind.fill && { fill: true })}
        />
      </div>
    </Panel>
  );
}
