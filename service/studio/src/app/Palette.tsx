import { Kbd, Table } from '@mantine/core';
import { modals } from '@mantine/modals';
import {
  Spotlight,
  spotlight,
  type SpotlightActionData,
  type SpotlightActionGroupData,
} from '@mantine/spotlight';
import { IconSearch } from '@tabler/icons-react';
import { useEffect } from 'react';

import { type Command, useAllCommands } from '~/app/commands';
import { strings } from '~/strings';

export function openPalette(): void {
  spotlight.open();
}

function Keys({ keys }: { keys: string }) {
  return (
    <span>
      {keys.split(' ').map((key, index) => (
        <Kbd key={index} size="xs" ml={index === 0 ? 0 : 4}>
          {key}
        </Kbd>
      ))}
    </span>
  );
}

function grouped(commands: readonly Command[]): SpotlightActionGroupData[] {
  const groups = new Map<string, SpotlightActionData[]>();
  for (const { id, label, hint, group = strings.shell.actions, keys, run } of commands) {
    const action: SpotlightActionData = {
      id,
      label,
      onClick: run,
      ...(hint !== undefined && { description: hint }),
      ...(keys !== undefined && { rightSection: <Keys keys={keys} /> }),
    };
    groups.set(group, [...(groups.get(group) ?? []), action]);
  }
  return [...groups].map(([group, actions]) => ({ group, actions }));
}

// Loaded and shown the first time that somebody wants it; from then on it has its own shortcut.
export default function Palette() {
  const commands = useAllCommands();
  useEffect(openPalette, []);
  return (
    <Spotlight
      actions={grouped(commands)}
      shortcut="mod + K"
      highlightQuery
      attributes={{ content: { 'aria-label': strings.shell.palette } }}
      scrollable
      maxHeight={360}
      limit={30}
      nothingFound={strings.shell.paletteEmpty}
      searchProps={{
        leftSection: <IconSearch size={16} aria-hidden />,
        placeholder: strings.shell.palettePlaceholder,
        'aria-label': strings.shell.palette,
      }}
    />
  );
}

function Shortcuts() {
  const commands = useAllCommands().filter((one) => one.keys !== undefined);
  return (
    <Table verticalSpacing={6} fz="sm">
      <Table.Tbody>
        <Table.Tr>
          <Table.Td>{strings.shell.palette}</Table.Td>
          <Table.Td ta="right">
            <Keys keys="Ctrl K" />
          </Table.Td>
        </Table.Tr>
        {commands.map((one) => (
          <Table.Tr key={one.id}>
            <Table.Td>{one.label}</Table.Td>
            <Table.Td ta="right">
              <Keys keys={one.keys ?? ''} />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

export function openShortcuts(): void {
  modals.open({ title: strings.shell.shortcuts, children: <Shortcuts />, size: 'sm' });
}
