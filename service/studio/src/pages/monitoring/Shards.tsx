import { useMemo } from 'react';

import type { Node, NodeMetrics } from '~/api/nodes';
import { formatBytes, formatPercent, formatShort } from '~/format';
import classes from '~/pages/monitoring/index.module.css';
import { monitoring as monitoringWords } from '~/strings/monitoring';
import { Panel } from '~/ui/Page';
import sections from '~/ui/sections.module.css';

const words = monitoringWords;

export interface ShardLoad {
  shard: number;
  nodes: number;
  ops: number;
  cpu: number;
  memory: number;
}

// A shard is a thread: a load of 1 is a whole core, and all that it can do.
export function loadsOf(
  nodes: readonly Node[],
  figures: ReadonlyMap<string, NodeMetrics>,
): ShardLoad[] {
  const loads = new Map<number, ShardLoad>();
  for (const { id, shard } of nodes) {
    if (shard === null) continue;
    const load = loads.get(shard) ?? { shard, nodes: 0, ops: 0, cpu: 0, memory: 0 };
    const now = figures.get(id);
    load.nodes += 1;
    load.ops += now?.ops_per_second ?? 0;
    load.cpu += now?.cpu_share ?? 0;
    load.memory += now?.memory_used_bytes ?? 0;
    loads.set(shard, load);
  }
  return [...loads.values()].sort((a, b) => a.shard - b.shard);
}

interface ShardsProps {
  nodes: readonly Node[];
  figures: ReadonlyMap<string, NodeMetrics>;
}

export function Shards({ nodes, figures }: ShardsProps) {
  const loads = useMemo(() => loadsOf(nodes, figures), [nodes, figures]);
  return (
    <Panel title={words.shards} flush>
      {loads.length === 0 ? (
        <p className={sections.quietPadding}>{words.shardsEmpty}</p>
      ) : (
        <table className={sections.rows} aria-label={words.shards}>
          <tbody>
            {loads.map(({ shard, nodes: count, ops, cpu, memory }) => (
              <tr key={shard}>
                <td>
                  {words.shardName(shard)}{' '}
                  <span className={sections.soft}>{words.shardNodes(count)}</span>
                  <div
                    className={classes.bar}
                    role="meter"
                    aria-label={words.shardName(shard)}
                    aria-valuemin={0}
                    aria-valuemax={100}
                    aria-valuenow={Math.round(Math.min(1, cpu) * 100)}
                    aria-valuetext={words.shardCpu(formatPercent(cpu, 1))}
                  >
                    <div style={{ transform: `scaleX(${Math.min(1, cpu)})` }} />
                  </div>
                </td>
                <td className={`${sections.end} number`}>{formatPercent(cpu, 1)}</td>
                <td className={`${sections.end} number`}>{words.shardOps(formatShort(ops))}</td>
                <td className={`${sections.end} number`}>{formatBytes(memory)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}
