import { VisuallyHidden } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { memo, useMemo } from 'react';
import { Link } from 'react-router';

import type { NodeMetrics } from '~/api/nodes';
import { formatBytes, formatPercent } from '~/format';
import classes from '~/pages/monitoring/index.module.css';
import { type Placed, squarified } from '~/pages/monitoring/treemap';
import { monitoring as monitoringWords } from '~/strings/monitoring';
import { Panel } from '~/ui/Page';
import sections from '~/ui/sections.module.css';

const words = monitoringWords;
const height = 300;
const headHeight = 18;
// Below this nothing can be hit with a pointer.
const leastSide = 4;

interface Group {
  tenant: string;
  nodes: NodeMetrics[];
  used: number;
}

function groupsOf(figures: ReadonlyMap<string, NodeMetrics>): Group[] {
  const groups = new Map<string, Group>();
  for (const node of figures.values()) {
    const group = groups.get(node.tenant) ?? { tenant: node.tenant, nodes: [], used: 0 };
    group.nodes.push(node);
    group.used += node.memory_used_bytes;
    groups.set(node.tenant, group);
  }
  return [...groups.values()];
}

interface Tile extends Placed<Group> {
  leaves: Placed<NodeMetrics>[];
}

function tilesOf(
  figures: ReadonlyMap<string, NodeMetrics>,
  width: number,
): { tiles: Tile[]; hidden: number } {
  let hidden = 0;
  const placed = squarified(groupsOf(figures), (group) => group.used, {
    x: 0,
    y: 0,
    width,
    height,
  });
  const tiles = placed.map((tile) => {
    const inner = { x: 0, y: 0, width: tile.width - 2, height: tile.height - 2 - headHeight };
    const leaves = squarified(tile.item.nodes, (node) => node.memory_used_bytes, inner);
    const drawn = leaves.filter((leaf) => leaf.width >= leastSide && leaf.height >= leastSide);
    hidden += tile.item.nodes.filter((one) => one.memory_used_bytes > 0).length - drawn.length;
    return { ...tile, leaves: drawn };
  });
  return { tiles, hidden };
}

function toneOf(share: number): string {
  if (share >= 0.95) return `${classes.leafFill} ${classes.leafBad}`;
  return share >= 0.8 ? `${classes.leafFill} ${classes.leafWarn}` : (classes.leafFill ?? '');
}

// Areas are memory in use; how high a tile is filled is the share of its own limit.
const Leaf = memo(function Leaf({ leaf }: { leaf: Placed<NodeMetrics> }) {
  const { item: node, x, y, width, height: high } = leaf;
  const limit = node.memory_limit_bytes;
  const share = limit > 0 ? Math.min(1, node.memory_used_bytes / limit) : 0;
  const used = formatBytes(node.memory_used_bytes);
  const about = words.treemapNode(node.tenant, formatPercent(share, 1));
  // Everything is there to be read aloud, however small the tile is.
  const showsName = width > 46 && high > 20;
  const showsUsed = width > 60 && high > 40;
  return (
    <li>
      <Link
        to={`/instances/${node.id}`}
        className={classes.leaf ?? ''}
        style={{ left: x, top: y, width, height: high }}
        title={`${node.name} ${used} ${about}`}
      >
        <div className={toneOf(share)} style={{ height: `${share * 100}%` }} />
        {showsName ? <span>{node.name}</span> : <VisuallyHidden>{node.name}</VisuallyHidden>}{' '}
        {showsUsed ? (
          <span className="number">{used}</span>
        ) : (
          <VisuallyHidden>{used}</VisuallyHidden>
        )}{' '}
        <VisuallyHidden>{about}</VisuallyHidden>
      </Link>
    </li>
  );
});

export function Treemap({ figures }: { figures: ReadonlyMap<string, NodeMetrics> }) {
  const { ref, width } = useElementSize();
  const { tiles, hidden } = useMemo(() => tilesOf(figures, width), [figures, width]);
  return (
    <Panel title={words.treemap}>
      <div ref={ref}>
        {figures.size === 0 && <p className={sections.note}>{words.treemapEmpty}</p>}
        <ul className={classes.treemap} aria-label={words.treemap} hidden={figures.size === 0}>
          {tiles.map(({ item, x, y, width: wide, height: high, leaves }) => (
            <li
              key={item.tenant}
              className={classes.tenant}
              style={{ left: x, top: y, width: wide, height: high }}
            >
              <div className={classes.tenantName}>
                {item.tenant}{' '}
                <span className={`${sections.soft} number`}>{formatBytes(item.used)}</span>
              </div>
              <ul>
                {leaves.map((leaf) => (
                  <Leaf key={leaf.item.id} leaf={leaf} />
                ))}
              </ul>
            </li>
          ))}
        </ul>
        {hidden > 0 && <p className={sections.note}>{words.treemapMore(hidden)}</p>}
      </div>
    </Panel>
  );
}
