import type { Node } from '~/api/nodes';
import { Charts } from '~/pages/monitoring/Charts';
import { Growth } from '~/pages/monitoring/Growth';
import { Hosts } from '~/pages/monitoring/Hosts';
import { type LiveState, useSlowly } from '~/pages/monitoring/live';
import type { Range } from '~/pages/monitoring/ranges';
import { Shards } from '~/pages/monitoring/Shards';
import { Stats } from '~/pages/monitoring/Stats';
import { Top } from '~/pages/monitoring/Top';
import { Treemap } from '~/pages/monitoring/Treemap';
import sections from '~/ui/sections.module.css';

interface OverviewProps {
  live: LiveState;
  follows: boolean;
  nodes: readonly Node[];
  range: Range;
  tenant: string;
  platform: boolean;
}

const slowMs = 3_000;

export function Overview({ live, follows, nodes, range, tenant, platform }: OverviewProps) {
  // Shapes that move every second are hard to read, and dear to lay out.
  const figures = useSlowly(live.nodes, slowMs);
  const shown = tenant === '' ? nodes : nodes.filter((one) => one.tenant === tenant);
  return (
    <>
      <Stats nodes={shown} totals={live.totals} />
      <Charts range={range} tenant={tenant} totals={live.totals} follows={follows} />
      <Treemap figures={figures} />
      <div className={sections.halves}>
        <Top />
        <Growth />
      </div>
      <div className={sections.halves}>
        <Shards nodes={shown} figures={figures} />
        {platform && <Hosts />}
      </div>
    </>
  );
}
