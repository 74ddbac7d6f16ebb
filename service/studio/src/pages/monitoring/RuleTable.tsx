import { Button, Group, Menu, Modal, Text, VisuallyHidden } from '@mantine/core';
import { IconPencil, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';

import { type Rule, useDeleteRule, useSaveRule } from '~/api/monitoring';
import type { Node } from '~/api/nodes';
import { bodyOf, conditionText, valuesOf } from '~/pages/monitoring/rules';
import { strings } from '~/strings';
import { monitoring as monitoringWords } from '~/strings/monitoring';
import { ActionsMenu } from '~/ui/ActionsMenu';
import { ScrollX } from '~/ui/ScrollX';
import sections from '~/ui/sections.module.css';
import { toastDone, toastError } from '~/ui/toasts';
import { Toggle } from '~/ui/Toggle';

const words = monitoringWords.alerts;

interface RuleTableProps {
  rules: readonly Rule[];
  nodes: readonly Node[];
  mayChange: boolean;
  onEdit: (rule: Rule) => void;
}

export function RuleTable({ rules, nodes, mayChange, onEdit }: RuleTableProps) {
  const [removed, remove] = useState<Rule>();
  const save = useSaveRule();
  const enable = (rule: Rule, enabled: boolean) => {
    const body = bodyOf({ ...valuesOf(rule), enabled });
    save.mutate({ rule, body: { ...body, condition: rule.condition } }, { onError: toastError });
  };
  const nodeOf = (id: string | null | undefined) => {
    if (id == null) return words.anyNode;
    const node = nodes.find((one) => one.id === id);
    return node ? `${node.tenant} / ${node.name}` : words.goneNode(id);
  };
  return (
    <ScrollX>
      <table className={sections.rows} aria-label={words.rules}>
        <thead>
          <tr>
            <th>{words.rule}</th>
            <th>{words.node}</th>
            <th>{words.condition}</th>
            <th>{words.webhook}</th>
            <th>{words.enabled}</th>
            {mayChange && (
              <th>
                <VisuallyHidden>{strings.common.more}</VisuallyHidden>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {rules.map((rule) => (
            <tr key={rule.id}>
              <td>{rule.name}</td>
              <td>{nodeOf(rule.condition.node)}</td>
              <td>{conditionText(rule.condition)}</td>
              <td className={sections.soft}>{rule.webhook?.url ?? strings.common.none}</td>
              <td>
                <Toggle
                  aria-label={words.enableOf(rule.name)}
                  checked={rule.enabled}
                  disabled={!mayChange || save.isPending}
                  onChange={(event) => enable(rule, event.currentTarget.checked)}
                />
              </td>
              {mayChange && (
                <td className={sections.end}>
                  <ActionsMenu label={words.actionsOf(rule.name)} width={150}>
                    <Menu.Item leftSection={<IconPencil size={14} />} onClick={() => onEdit(rule)}>
                      {words.edit}
                    </Menu.Item>
                    <Menu.Item
                      color="red"
                      leftSection={<IconTrash size={14} />}
                      onClick={() => remove(rule)}
                    >
                      {words.remove}
                    </Menu.Item>
                  </ActionsMenu>
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
      {removed && <RemoveDialog rule={removed} onClose={() => remove(undefined)} />}
    </ScrollX>
  );
}

function RemoveDialog({ rule, onClose }: { rule: Rule; onClose: () => void }) {
  const remove = useDeleteRule();
  const confirm = () => {
    remove.mutate(rule, {
      onSuccess: () => {
        toastDone(words.removed(rule.name));
        onClose();
      },
      onError: toastError,
    });
  };
  return (
    <Modal opened onClose={onClose} title={words.removeTitle(rule.name)} size="sm">
      <Text c="dimmed">{words.removeDetail}</Text>
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={onClose}>
          {strings.common.cancel}
        </Button>
        <Button data-autofocus color="red" loading={remove.isPending} onClick={confirm}>
          {words.remove.replace(' …', '')}
        </Button>
      </Group>
    </Modal>
  );
}
