import { Button } from '@mantine/core';
import { IconKey, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { keysQuery, useRevokeKey } from '~/api/admin';
import { useCommands } from '~/app/commands';
import type { SectionProps } from '~/pages/admin';
import { CredentialTable } from '~/pages/admin/CredentialTable';
import { KeyDialog } from '~/pages/admin/KeyDialog';
import { credentialState } from '~/pages/admin/rules';
import { useMay } from '~/session/hooks';
import { admin as adminWords } from '~/strings/admin';
import { Panel } from '~/ui/Page';
import { EmptyState, QueryView } from '~/ui/states';
import { Toggle } from '~/ui/Toggle';

const words = adminWords.keys;

export default function Keys({ tenant }: SectionProps) {
  const query = useQuery(keysQuery(tenant));
  const mayChange = useMay('keys:write');
  const [creating, create] = useState(false);
  const [old, showOld] = useState(false);
  const revoke = useRevokeKey(tenant);
  useCommands(
    mayChange
      ? [{ id: 'create-key', label: words.create, keys: 'c', run: () => create(true) }]
      : [],
    [mayChange],
  );
  const actions = (
    <>
      <Toggle
        label={words.showRevoked}
        checked={old}
        onChange={(event) => showOld(event.currentTarget.checked)}
      />
      {mayChange && (
        <Button leftSection={<IconPlus size={14} />} onClick={() => create(true)}>
          {words.create}
        </Button>
      )}
    </>
  );
  return (
    <Panel title={adminWords.sections.keys} actions={actions} flush>
      <QueryView query={query}>
        {(keys) => {
          const shown = keys.filter((one) => old || credentialState(one) === 'active');
          if (shown.length === 0) {
            return (
              <EmptyState
                compact
                icon={<IconKey size={18} />}
                title={words.empty}
                detail={words.emptyDetail}
              />
            );
          }
          return (
            <CredentialTable
              label={adminWords.sections.keys}
              items={shown}
              header={words.scopes}
              describe={(one) => one.scopes.join(', ')}
              mayChange={mayChange}
              revoke={revoke}
            />
          );
        }}
      </QueryView>
      {creating && <KeyDialog tenant={tenant} onClose={() => create(false)} />}
    </Panel>
  );
}
