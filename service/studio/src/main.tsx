import '@fontsource-variable/inter/wght.css';
import '@fontsource-variable/jetbrains-mono/wght.css';
import '~/app/mantine.css';
import '@mantine/notifications/styles.css';
import '@mantine/spotlight/styles.css';
import '~/app/global.css';

import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { App } from '~/app/App';
import { startSession } from '~/session/session';

const root = document.getElementById('root');
if (root === null) throw new Error('the page has no #root');
void startSession();
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
