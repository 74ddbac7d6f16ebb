import { IconLock } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';

import { identityQuery, type Scope } from '~/session/hooks';
import { strings } from '~/strings';
import { EmptyState, QueryView } from '~/ui/states';

export function NeedsScope({ scope, children }: { scope: Scope; children: ReactNode }) {
  const identity = useQuery(identityQuery);
  return (
    <QueryView query={identity}>
      {({ scopes }) =>
        scopes.includes(scope) ? (
          children
        ) : (
          <EmptyState
            icon={<IconLock size={18} />}
            title={strings.shell.notAllowedTitle}
            detail={strings.shell.notAllowedDetail}
          />
        )
      }
    </QueryView>
  );
}
