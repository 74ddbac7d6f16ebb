import { MantineProvider } from '@mantine/core';
import { ModalsProvider } from '@mantine/modals';
import { Notifications } from '@mantine/notifications';
import { QueryClientProvider } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { RouterProvider } from 'react-router';

import { newQueryClient } from '~/app/query';
import { router } from '~/app/router';
import { colorSchemeManager, theme } from '~/app/theme';
import { useSession } from '~/session/hooks';
import { strings } from '~/strings';
import { Boundary } from '~/ui/Boundary';

// What one user, or one tenant, has seen is not there for the next.
function QueriesOfSession({ children }: { children: ReactNode }) {
  const session = useSession();
  const owner = session.phase === 'signed-in' ? `${session.user.id} ${session.tenant ?? ''}` : '';
  return <Queries key={owner}>{children}</Queries>;
}

function Queries({ children }: { children: ReactNode }) {
  const [client] = useState(newQueryClient);
  return <QueryClientProvider client={client}>{children}</QueryClientProvider>;
}

export function App() {
  return (
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      colorSchemeManager={colorSchemeManager}
    >
      <Boundary title={strings.shell.brokenTitle}>
        <QueriesOfSession>
          <ModalsProvider labels={{ confirm: strings.common.done, cancel: strings.common.cancel }}>
            <Notifications position="bottom-right" limit={4} />
            <RouterProvider router={router} />
          </ModalsProvider>
        </QueriesOfSession>
      </Boundary>
    </MantineProvider>
  );
}
