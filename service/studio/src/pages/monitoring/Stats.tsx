import type { Node } from '~/api/nodes';
import {
  absent,
  formatBytes,
  formatDuration,
  formatNumber,
  formatPercent,
  formatShort,
} from '~/format';
import classes from '~/pages/monitoring/index.module.css';
import type { Total } from '~/pages/monitoring/live';
import { monitoring as monitoringWords } from '~/strings/monitoring';

const words = monitoringWords.stats;

function Stat({ label, value, detail = '' }: { label: string; value: string; detail?: string }) {
  return (
    <div className={classes.stat}>
      <dt>{label}</dt>
      <dd className="number">{value}</dd>
      <dd className="number">{detail}</dd>
    </div>
  );
}

// How many run is known from the list of instances, whether figures arrive or not.
export function Stats({ nodes, totals }: { nodes: readonly Node[]; totals: readonly Total[] }) {
  const now = totals.at(-1);
  const running = nodes.filter((one) => one.state === 'running').length;
  const limit = nodes.reduce((sum, one) => sum + one.memory_limit_bytes, 0);
  // The share of the last message alone would jump: nobody may have asked within that second.
  const asked = totals.findLast((one) => one.hitRatio !== null);
  return (
    <dl className={classes.stats} style={{ margin: 0 }}>
      <Stat
        label={words.nodes}
        value={formatNumber(running)}
        detail={words.nodesOf(nodes.length)}
      />
      <Stat label={words.ops} value={formatShort(now?.ops_per_second)} />
      <Stat
        label={words.memory}
        value={formatBytes(now?.memory_used_bytes)}
        detail={limit > 0 ? words.ofLimit(formatBytes(limit)) : ''}
      />
      <Stat
        label={words.hitRatio}
        value={asked?.hitRatio == null ? absent : formatPercent(asked.hitRatio, 1)}
      />
      <Stat label={words.p99} value={formatDuration(now && now.latency_p99_us / 1e6)} />
      <Stat label={words.evicted} value={formatShort(now?.evicted)} />
      <Stat label={words.clients} value={formatNumber(now?.clients)} />
      <Stat label={words.cpu} value={now ? words.cores(now.cpu_share.toFixed(2)) : absent} />
    </dl>
  );
}
