import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import type { UseQueryResult } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';

import { useCommands } from '~/app/commands';
import {
  type Credential,
  CredentialTable,
  type CredentialTableProps,
} from '~/pages/admin/CredentialTable';
import { credentialState } from '~/pages/admin/rules';
import { admin as adminWords } from '~/strings/admin';
import { Panel } from '~/ui/Page';
import { EmptyState, QueryView } from '~/ui/states';
import { Toggle } from '~/ui/Toggle';

interface CredentialPanelProps<T extends Credential> extends Omit<
  CredentialTableProps<T>,
  'items'
> {
  query: UseQueryResult<readonly T[]>;
  create: string;
  empty: { icon: ReactNode; title: string; detail: string };
  dialog: (onClose: () => void) => ReactNode; // that makes one
}

// The panel around a CredentialTable: those that are still good, all of them where asked, and the
// way to a new one.
export function CredentialPanel<T extends Credential>(props: CredentialPanelProps<T>) {
  const { query, create, empty, dialog, ...table } = props;
  const [creating, setCreating] = useState(false);
  const [all, showAll] = useState(false);
  useCommands(
    table.mayChange
      ? [{ id: 'create-credential', label: create, keys: 'c', run: () => setCreating(true) }]
      : [],
    [table.mayChange, create],
  );
  const actions = (
    <>
      <Toggle
        label={adminWords.keys.showRevoked}
        checked={all}
        onChange={(event) => showAll(event.currentTarget.checked)}
      />
      {table.mayChange && (
        <Button leftSection={<IconPlus size={14} />} onClick={() => setCreating(true)}>
          {create}
        </Button>
      )}
    </>
  );
  return (
    <Panel title={table.label} actions={actions} flush>
      <QueryView query={query}>
        {(items) => {
          const shown = items.filter((one) => all || credentialState(one) === 'active');
          if (shown.length === 0) return <EmptyState compact {...empty} />;
          return <CredentialTable {...table} items={shown} />;
        }}
      </QueryView>
      {creating && dialog(() => setCreating(false))}
    </Panel>
  );
}
