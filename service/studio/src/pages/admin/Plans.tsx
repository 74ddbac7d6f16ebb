import { Button, Menu, VisuallyHidden } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { type Plan, plansQuery, useDeletePlan } from '~/api/admin';
import { useCommands } from '~/app/commands';
import { formatBytes, formatNumber } from '~/format';
import { PlanDialog } from '~/pages/admin/PlanDialog';
import { strings } from '~/strings';
import { admin as adminWords } from '~/strings/admin';
import { ActionsMenu } from '~/ui/ActionsMenu';
import { Confirm } from '~/ui/Confirm';
import { textOfFailure } from '~/ui/forms';
import { Panel } from '~/ui/Page';
import { ScrollX } from '~/ui/ScrollX';
import sections from '~/ui/sections.module.css';
import { EmptyState, QueryView } from '~/ui/states';
import { toastDone } from '~/ui/toasts';

const words = adminWords.plans;

type Dialog = { kind: 'create' } | { kind: 'edit' | 'remove'; plan: Plan };

const bytes = (limit: number) => (limit === 0 ? words.unlimited : formatBytes(limit));
const number = (limit: number) => (limit === 0 ? words.unlimited : formatNumber(limit));

export default function Plans() {
  const query = useQuery(plansQuery);
  const [dialog, open] = useState<Dialog>();
  useCommands(
    [{ id: 'create-plan', label: words.create, keys: 'c', run: () => open({ kind: 'create' }) }],
    [],
  );
  const create = (
    <Button leftSection={<IconPlus size={14} />} onClick={() => open({ kind: 'create' })}>
      {words.create}
    </Button>
  );
  return (
    <Panel title={adminWords.sections.plans} actions={create} flush>
      <QueryView query={query}>
        {(plans) =>
          plans.length === 0 ? (
            <EmptyState compact title={words.empty} />
          ) : (
            <Table plans={plans} open={open} />
          )
        }
      </QueryView>
      {dialog?.kind === 'create' && <PlanDialog onClose={() => open(undefined)} />}
      {dialog?.kind === 'edit' && <PlanDialog plan={dialog.plan} onClose={() => open(undefined)} />}
      {dialog?.kind === 'remove' && <Remove plan={dialog.plan} onClose={() => open(undefined)} />}
    </Panel>
  );
}

function Table({ plans, open }: { plans: readonly Plan[]; open: (dialog: Dialog) => void }) {
  return (
    <ScrollX>
      <table className={sections.rows} aria-label={adminWords.sections.plans}>
        <thead>
          <tr>
            <th>{words.name}</th>
            <th className={sections.end}>{words.memory}</th>
            <th className={sections.end}>{words.nodes}</th>
            <th className={sections.end}>{words.connections}</th>
            <th className={sections.end}>{words.ops}</th>
            <th className={sections.end}>{words.bytes}</th>
            <th>
              <VisuallyHidden>{strings.common.more}</VisuallyHidden>
            </th>
          </tr>
        </thead>
        <tbody>
          {plans.map((plan) => (
            <tr key={plan.name}>
              <td>{plan.name}</td>
              <td className={`${sections.end} number`}>{bytes(plan.memory_bytes)}</td>
              <td className={`${sections.end} number`}>{number(plan.max_nodes)}</td>
              <td className={`${sections.end} number`}>{number(plan.max_connections)}</td>
              <td className={`${sections.end} number`}>{number(plan.ops_per_second)}</td>
              <td className={`${sections.end} number`}>{bytes(plan.bytes_per_second)}</td>
              <td className={sections.end}>
                <ActionsMenu label={words.actionsOf(plan.name)} width={140}>
                  <Menu.Item onClick={() => open({ kind: 'edit', plan })}>{words.edit}</Menu.Item>
                  <Menu.Item color="red" onClick={() => open({ kind: 'remove', plan })}>
                    {words.remove}
                  </Menu.Item>
                </ActionsMenu>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollX>
  );
}

function Remove({ plan, onClose }: { plan: Plan; onClose: () => void }) {
  const remove = useDeletePlan();
  const confirm = () => {
    remove.mutate(plan, {
      onSuccess: () => {
        toastDone(words.removed(plan.name));
        onClose();
      },
    });
  };
  return (
    <Confirm
      danger
      title={words.removeTitle(plan.name)}
      detail={words.removeDetail}
      submit={words.removeSubmit}
      pending={remove.isPending}
      failure={remove.error ? textOfFailure(remove.error) : undefined}
      onConfirm={confirm}
      onClose={onClose}
    />
  );
}
