import { Button } from '@mantine/core';
import { IconBellPlus, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import {
  type Alert,
  type AlertEvent,
  alertHistoryQuery,
  alertsQuery,
  type Rule,
  rulesQuery,
} from '~/api/monitoring';
import { type Node, nodesQuery } from '~/api/nodes';
import { useCommands } from '~/app/commands';
import { formatAgo, formatTime } from '~/format';
import { RuleDialog } from '~/pages/monitoring/RuleDialog';
import { valueText } from '~/pages/monitoring/rules';
import { RuleTable } from '~/pages/monitoring/RuleTable';
import { useMay } from '~/session/hooks';
import { monitoring as monitoringWords } from '~/strings/monitoring';
import { Panel } from '~/ui/Page';
import { ScrollX } from '~/ui/ScrollX';
import sections from '~/ui/sections.module.css';
import { EmptyState, QueryView } from '~/ui/states';
import { StateBadge, type Tone } from '~/ui/StateBadge';

const words = monitoringWords.alerts;

const tones: Record<Alert['state'], Tone> = { pending: 'warn', firing: 'bad', resolved: 'ok' };
const order: Record<Alert['state'], number> = { firing: 0, pending: 1, resolved: 2 };

function toneOf(state: string): Tone {
  return state in tones ? tones[state as Alert['state']] : 'quiet';
}

function stateText(state: string): string {
  return state in words.states ? words.states[state as Alert['state']] : state;
}

function nodeText(id: string, nodes: readonly Node[]): string {
  const node = nodes.find((one) => one.id === id);
  return node === undefined ? words.goneNode(id) : `${node.tenant} / ${node.name}`;
}

export default function Alerts() {
  const rules = useQuery(rulesQuery);
  const nodes = useQuery(nodesQuery).data ?? [];
  const mayChange = useMay('nodes:write');
  const [edited, edit] = useState<Rule | 'new'>();
  useCommands(
    mayChange ? [{ id: 'new-rule', label: words.newRule, keys: 'c', run: () => edit('new') }] : [],
    [mayChange],
  );
  const newRule = mayChange && (
    <Button leftSection={<IconPlus size={14} />} onClick={() => edit('new')}>
      {words.newRule}
    </Button>
  );
  return (
    <>
      <Now rules={rules.data ?? []} nodes={nodes} />
      <Panel title={words.rules} actions={newRule} flush>
        <QueryView query={rules} compact>
          {(found) =>
            found.length === 0 ? (
              <EmptyState
                compact
                icon={<IconBellPlus size={18} />}
                title={words.rulesEmpty}
                detail={words.rulesEmptyDetail}
              />
            ) : (
              <RuleTable rules={found} nodes={nodes} mayChange={mayChange} onEdit={edit} />
            )
          }
        </QueryView>
      </Panel>
      <History rules={rules.data ?? []} nodes={nodes} />
      {edited !== undefined && (
        <RuleDialog
          rule={edited === 'new' ? undefined : edited}
          nodes={nodes}
          onClose={() => edit(undefined)}
        />
      )}
    </>
  );
}

interface ListProps {
  rules: readonly Rule[];
  nodes: readonly Node[];
}

function Now({ rules, nodes }: ListProps) {
  const query = useQuery(alertsQuery);
  return (
    <Panel title={words.now} flush>
      <QueryView query={query} compact>
        {(alerts) => {
          const sorted = [...alerts].sort((a, b) => order[a.state] - order[b.state]);
          if (sorted.length === 0) return <p className={sections.quietPadding}>{words.nowEmpty}</p>;
          return (
            <ScrollX>
              <table className={sections.rows} aria-label={words.now}>
                <thead>
                  <tr>
                    <th>{words.state}</th>
                    <th>{words.rule}</th>
                    <th>{words.node}</th>
                    <th className={sections.end}>{words.value}</th>
                    <th className={sections.end}>{words.since}</th>
                  </tr>
                </thead>
                <tbody>
                  {sorted.map((one) => {
                    const rule = rules.find(({ id }) => id === one.rule);
                    return (
                      <tr key={`${one.rule} ${one.node}`}>
                        <td className={sections.tight}>
                          <StateBadge tone={tones[one.state]} label={words.states[one.state]} />
                        </td>
                        <td>{rule?.name ?? words.goneRule}</td>
                        <td>{nodeText(one.node, nodes)}</td>
                        <td className={`${sections.end} number`}>
                          {valueText(rule?.condition, one.value)}
                        </td>
                        <td
                          className={`${sections.end} ${sections.soft} number`}
                          title={formatTime(one.since)}
                        >
                          {formatAgo(one.since)}
                        </td>
                      </tr>
                    );
                  })}
                </tbody>
              </table>
            </ScrollX>
          );
        }}
      </QueryView>
    </Panel>
  );
}

function History({ rules, nodes }: ListProps) {
  const query = useQuery(alertHistoryQuery);
  return (
    <Panel title={words.history} flush>
      <QueryView query={query} compact>
        {(events) => {
          if (events.length === 0)
            return <p className={sections.quietPadding}>{words.historyEmpty}</p>;
          return (
            <ScrollX>
              <table className={sections.rows} aria-label={words.history}>
                <tbody>
                  {events.map((one: AlertEvent) => (
                    <tr key={one.id}>
                      <td className={`${sections.tight} ${sections.soft} number`}>
                        {formatTime(one.at)}
                      </td>
                      <td className={sections.tight}>
                        <StateBadge tone={toneOf(one.state)} label={stateText(one.state)} />
                      </td>
                      <td>{one.name}</td>
                      <td>{nodeText(one.node, nodes)}</td>
                      <td className={`${sections.end} number`}>
                        {valueText(rules.find(({ id }) => id === one.rule)?.condition, one.value)}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </ScrollX>
          );
        }}
      </QueryView>
    </Panel>
  );
}
