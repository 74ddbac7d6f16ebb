import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClientProvider } from '@tanstack/react-query';
import { useState } from 'react';
import { RouterProvider } from 'react-router';

import { newQueryClient } from '~/app/query';
import { router } from '~/app/router';
import { colorSchemeManager, theme } from '~/app/theme';
import { strings } from '~/strings';
import { Boundary } from '~/ui/Boundary';

export function App() {
  // For the pages without a session; those behind one have a client for each session.
  const [queries] = useState(newQueryClient);
  return (
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      colorSchemeManager={colorSchemeManager}
    >
      <QueryClientProvider client={queries}>
        <Boundary ofPage title={strings.shell.brokenTitle}>
          <Notifications position="bottom-right" limit={4} />
          <RouterProvider router={router} />
        </Boundary>
      </QueryClientProvider>
    </MantineProvider>
  );
}
