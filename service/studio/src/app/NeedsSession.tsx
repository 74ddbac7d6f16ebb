import { Center, Loader } from '@mantine/core';
import type { ReactNode } from 'react';
import { Navigate, useLocation } from 'react-router';

import { QueriesOfSession } from '~/app/QueriesOfSession';
import { useSession } from '~/session/hooks';
import { startSession } from '~/session/session';
import { strings } from '~/strings';
import { ErrorState } from '~/ui/states';

// Leads to the log-in, and from there back to where one wanted to be.
export function NeedsSession({ children }: { children: ReactNode }) {
  const session = useSession();
  const { pathname, search } = useLocation();
  switch (session.phase) {
    case 'starting':
      return (
        <Center h="100dvh">
          <Loader size="sm" aria-label={strings.common.loading} />
        </Center>
      );
    case 'unreachable':
      return (
        <Center h="100dvh">
          <ErrorState ofPage error={session.failure} onRetry={() => void startSession()} />
        </Center>
      );
    case 'signed-out': {
      // Who has left does not want to come back to where the one before was.
      const home = pathname === '/' || session.why === 'left';
      const wanted = home ? '' : `?return_to=${encodeURIComponent(pathname + search)}`;
      return <Navigate to={`/login${wanted}`} replace />;
    }
    case 'signed-in':
      return <QueriesOfSession session={session}>{children}</QueriesOfSession>;
  }
}
