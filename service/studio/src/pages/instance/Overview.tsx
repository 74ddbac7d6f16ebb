import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useMemo, useState } from 'react';

import { monitoring, take } from '~/api/client';
import { asApiError } from '~/api/errors';
import { useLive } from '~/api/figures';
import type { Node, NodeMetrics } from '~/api/nodes';
import {
  absent,
  formatBytes,
  formatDuration,
  formatNumber,
  formatPercent,
  formatShort,
  formatTime,
} from '~/format';
import classes from '~/pages/instance/Overview.module.css';
import type { SectionProps } from '~/pages/instance/section';
import { addressOf, addressText } from '~/pages/instances/address';
import { strings } from '~/strings';
import { cli as cliWords } from '~/strings/cli';
import { instance as instanceWords } from '~/strings/instance';
import { CopyButton } from '~/ui/CopyButton';
import { MemoryMeter } from '~/ui/Meter';
import { Panel } from '~/ui/Page';
import sections from '~/ui/sections.module.css';
import { EmptyState, QueryView } from '~/ui/states';
import { TimeChart } from '~/ui/TimeChart';

const words = instanceWords.overview;
const hourMs = 3_600_000;
const points = 180;

export default function Overview({ node }: SectionProps) {
  const now = useLive(node.id)?.now;
  const running = node.state === 'running' ? now : undefined;
  return (
    <>
      <Panel title={words.now}>
        <div className={classes.memory}>
          <MemoryMeter
            label={words.memory}
            used={running?.memory_used_bytes}
            limit={node.memory_limit_bytes}
          />
        </div>
        <Figures now={running} />
      </Panel>
      <Past node={node} />
      <div className={sections.halves}>
        <Panel title={words.details}>
          <Details node={node} />
        </Panel>
        <Panel title={words.databases} flush>
          <Databases now={running} />
        </Panel>
      </div>
    </>
  );
}

function Figures({ now }: { now: NodeMetrics | undefined }) {
  const asked = now === undefined ? undefined : now.hits + now.misses;
  const figures: [string, string][] = [
    [words.ops, formatShort(now?.ops_per_second)],
    [words.keys, formatNumber(now?.keys)],
    [words.hitRatio, formatPercent(now?.hits, asked)],
    [words.clients, formatNumber(now?.clients)],
    [words.p50, formatDuration(now && now.latency_p50_us / 1e6)],
    [words.p99, formatDuration(now && now.latency_p99_us / 1e6)],
    [words.cpu, formatPercent(now?.cpu_share, 1)],
    [words.evicted, formatNumber(now?.evicted)],
    [words.expired, formatNumber(now?.expired)],
    [words.errors, formatNumber(now?.errors)],
    [words.input, formatBytes(now?.net_input_bytes)],
    [words.output, formatBytes(now?.net_output_bytes)],
    [words.throttled, formatNumber(now?.throttled)],
  ];
  return (
    <dl className={`${classes.figures} number`}>
      {figures.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

// The past of two figures, of one hour that ends when the page was opened.
function Past({ node }: { node: Node }) {
  const [toMs] = useState(() => Math.floor(Date.now() / 10_000) * 10_000);
  const memory = useQuery(seriesOf(node.id, 'memory_used_bytes', toMs));
  const ops = useQuery(seriesOf(node.id, 'ops_per_second', toMs));
  const ends = { from: (toMs - hourMs) / 1000, to: toMs / 1000 };
  return (
    <Panel title={words.past}>
      <div className={sections.halves}>
        <QueryView query={memory} compact>
          {(series) => (
            <History
              {...ends}
              series={series}
              label={words.chartMemory}
              line={words.memory}
              format={formatBytes}
              unit="bytes"
            />
          )}
        </QueryView>
        <QueryView query={ops} compact>
          {(series) => (
            <History
              {...ends}
              series={series}
              label={words.chartOps}
              line={words.ops}
              format={formatShort}
            />
          )}
        </QueryView>
      </div>
    </Panel>
  );
}

function seriesOf(node: string, metric: string, toMs: number) {
  return {
    queryKey: ['monitoring', 'series', node, metric, toMs],
    queryFn: ({ signal }: { signal: AbortSignal }) =>
      take(
        monitoring.GET('/v1/monitoring/nodes/{node}/series', {
          params: {
            path: { node },
            query: {
              metric,
              from: new Date(toMs - hourMs).toISOString(),
              to: new Date(toMs).toISOString(),
              points,
            },
          },
          signal,
        }),
      ).catch(nothingYet),
    staleTime: Infinity,
  };
}

// A node that the service has not pulled yet has no past.
function nothingYet(failure: unknown): { items: [] } {
  if (asApiError(failure).status === 404) return { items: [] };
  throw failure;
}

interface HistoryProps {
  series: { items: readonly { at: string; value: number | null }[] };
  from: number;
  to: number;
  label: string;
  line: string;
  format: (value: number) => string;
  unit?: 'bytes';
}

function History({ series, from, to, label, line, format, unit }: HistoryProps) {
  const times = useMemo(
    () => series.items.map((one) => new Date(one.at).getTime() / 1000),
    [series],
  );
  const lines = useMemo(
    () => [{ label: line, values: series.items.map((one) => one.value) }],
    [series, line],
  );
  if (lines.every((one) => one.values.every((value) => value === null))) {
    return <EmptyState compact title={words.noHistory} detail={words.noHistoryDetail} />;
  }
  return (
    <TimeChart
      label={label}
      times={times}
      lines={lines}
      from={from}
      to={to}
      format={format}
      fill
      syncKey="instance"
      {...(unit && { unit })}
    />
  );
}

function Details({ node }: { node: Node }) {
  const address = addressOf(node);
  const text = address === undefined ? undefined : addressText(address);
  const { quota } = node;
  const limits = [
    quota.ops_per_second > 0 && `${formatNumber(quota.ops_per_second)} ${words.ops}`,
    quota.bytes_per_second > 0 && `${formatBytes(quota.bytes_per_second)}/s`,
  ].filter((one) => one !== false);
  const rows: [string, ReactNode][] = [
    [words.id, <Copied key="id" text={node.id} />],
    [words.tenant, node.tenant],
    [words.address, text === undefined ? absent : <Copied text={text} />],
    [
      words.router,
      node.router?.port == null
        ? absent
        : words.routerOf(node.router.user, String(node.router.port)),
    ],
    [words.policy, strings.instances.form.policies[node.eviction_policy]],
    [words.quota, limits.length === 0 ? words.noQuota : limits.join(', ')],
    [words.password, node.password_set ? words.passwordSet : words.passwordNone],
    [words.created, formatTime(node.created_at)],
    [words.shard, formatNumber(node.shard)],
    [words.version, formatNumber(node.version)],
  ];
  return (
    <dl className={classes.details}>
      {rows.map(([label, value]) => (
        <Row key={label} label={label} value={value} />
      ))}
    </dl>
  );
}

function Row({ label, value }: { label: string; value: ReactNode }) {
  return (
    <>
      <dt>{label}</dt>
      <dd>{value}</dd>
    </>
  );
}

function Copied({ text }: { text: string }) {
  return (
    <>
      <span className="mono">{text}</span> <CopyButton value={text} />
    </>
  );
}

function Databases({ now }: { now: NodeMetrics | undefined }) {
  const filled = (now?.databases ?? []).filter((one) => one.keys > 0);
  if (filled.length === 0) return <EmptyState compact title={words.noDatabases} />;
  return (
    <table className={sections.rows}>
      <thead>
        <tr>
          <th scope="col">{words.database}</th>
          <th scope="col" className={sections.end}>
            {words.keys}
          </th>
          <th scope="col" className={sections.end}>
            {words.withExpiry}
          </th>
        </tr>
      </thead>
      <tbody className="number">
        {filled.map((one) => (
          <tr key={one.index}>
            <td>{cliWords.database(one.index)}</td>
            <td className={sections.end}>{formatNumber(one.keys)}</td>
            <td className={sections.end}>{formatNumber(one.keys_with_expiry)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
