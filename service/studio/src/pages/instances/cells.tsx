import { Tooltip } from '@mantine/core';
import { Link } from 'react-router';

import { historyLength, useLive } from '~/api/figures';
import type { Node, NodeState } from '~/api/nodes';
import { formatAgo, formatNumber, formatShort, formatTime } from '~/format';
import { addressOf, addressText } from '~/pages/instances/address';
import classes from '~/pages/instances/cells.module.css';
import { strings } from '~/strings';
import { CopyButton } from '~/ui/CopyButton';
import { MemoryMeter } from '~/ui/Meter';
import { Sparkline } from '~/ui/Sparkline';
import { StateBadge, type Tone } from '~/ui/StateBadge';

const words = strings.instances;

export function NameCell({ node }: { node: Node }) {
  return (
    <>
      <Link to={`/instances/${node.id}`} className={classes.name}>
        {node.name}
      </Link>
      <span className={classes.sub}>{node.tenant}</span>
    </>
  );
}

const tones: Record<NodeState, Tone> = {
  creating: 'warn',
  running: 'ok',
  stopped: 'quiet',
  failed: 'bad',
  deleting: 'warn',
};

export function StateCell({ node }: { node: Node }) {
  const badge = <StateBadge tone={tones[node.state]} label={words.states[node.state]} />;
  if (node.reason === undefined || node.reason === '') return badge;
  return (
    <Tooltip label={node.reason} multiline maw={320}>
      {badge}
    </Tooltip>
  );
}

export function AddressCell({ node }: { node: Node }) {
  const address = addressOf(node);
  if (address === undefined) return <span className={classes.soft}>{words.noAddress}</span>;
  const text = addressText(address);
  return (
    <span className={classes.address}>
      <span className="number">{text}</span>
      {address.user !== undefined && <span className={classes.tag}>{words.viaRouter}</span>}
      <CopyButton value={text} label={words.copyAddress} />
    </span>
  );
}

export function MemoryCell({ node }: { node: Node }) {
  const live = useLive(node.id);
  return (
    <MemoryMeter
      label={words.memoryOf(node.name)}
      used={live?.now.memory_used_bytes}
      limit={node.memory_limit_bytes}
    />
  );
}

export function KeysCell({ node }: { node: Node }) {
  return <span className="number">{formatNumber(useLive(node.id)?.now.keys)}</span>;
}

export function OpsCell({ node }: { node: Node }) {
  const live = useLive(node.id);
  const running = node.state === 'running';
  const ops = running ? formatShort(live?.now.ops_per_second) : formatShort(undefined);
  return (
    <span className={classes.ops} title={words.opsOf(ops)}>
      <Sparkline values={running ? (live?.ops ?? []) : []} slots={historyLength} />
      <span className={`${classes.opsValue} number`}>{ops}</span>
    </span>
  );
}

export function CreatedCell({ node }: { node: Node }) {
  return (
    <span className={`${classes.soft} number`} title={formatTime(node.created_at)}>
      {formatAgo(node.created_at)}
    </span>
  );
}
