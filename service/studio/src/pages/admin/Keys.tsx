import { IconKey } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';

import { keysQuery, useRevokeKey } from '~/api/admin';
import type { SectionProps } from '~/pages/admin';
import { CredentialPanel } from '~/pages/admin/CredentialPanel';
import { KeyDialog } from '~/pages/admin/KeyDialog';
import { useMay } from '~/session/hooks';
import { admin as adminWords } from '~/strings/admin';

const words = adminWords.keys;

export default function Keys({ tenant }: SectionProps) {
  return (
    <CredentialPanel
      label={adminWords.sections.keys}
      query={useQuery(keysQuery(tenant))}
      create={words.create}
      empty={{ icon: <IconKey size={18} />, title: words.empty, detail: words.emptyDetail }}
      header={words.scopes}
      describe={(one) => one.scopes.join(', ')}
      mayChange={useMay('keys:write')}
      revoke={useRevokeKey(tenant)}
      dialog={(onClose) => <KeyDialog tenant={tenant} onClose={onClose} />}
    />
  );
}
