import { ModalsProvider } from '@mantine/modals';
import { QueryClientProvider } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';

import { newQueryClient } from '~/app/query';
import type { SignedIn } from '~/session/session';
import { strings } from '~/strings';

interface QueriesOfSessionProps {
  session: SignedIn;
  children: ReactNode;
}

// What one user, or one tenant, has seen is not there for the next: everything begins anew.
export function QueriesOfSession({ session, children }: QueriesOfSessionProps) {
  return <Queries key={`${session.user.id} ${session.tenant ?? ''}`}>{children}</Queries>;
}

function Queries({ children }: { children: ReactNode }) {
  const [client] = useState(newQueryClient);
  return (
    <QueryClientProvider client={client}>
      <ModalsProvider labels={{ confirm: strings.common.done, cancel: strings.common.cancel }}>
        {children}
      </ModalsProvider>
    </QueryClientProvider>
  );
}
