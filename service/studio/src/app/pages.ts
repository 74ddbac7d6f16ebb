// The table of pages. A page is a folder below src/pages/ whose index.tsx has the page as its default
// export; it is loaded when it is first visited. Paths of one thing go by its id: a name may hold a
// dot, and the gateway takes such a path for a file.
import {
  IconActivity,
  IconDatabase,
  IconShield,
  IconTerminal2,
  IconUserCircle,
} from '@tabler/icons-react';
import type { ComponentType } from 'react';

import type { Scope } from '~/session/hooks';
import { strings } from '~/strings';

export interface PageEntry {
  path: string;
  load: () => Promise<{ default: ComponentType }>;
  // Shown in the navigation, the palette and the list of shortcuts. Without it: reached by links.
  nav?: {
    label: string;
    icon: ComponentType<{ size?: number; stroke?: number }>;
    keys?: string; // "g i"
  };
  // Who lacks it does not see the entry, and the page says why it is empty.
  scope?: Scope;
}

export const pages: readonly PageEntry[] = [
  {
    path: '/instances',
    load: () => import('~/pages/instances'),
    nav: { label: strings.shell.instances, icon: IconDatabase, keys: 'g i' },
  },
  { path: '/instances/:id', load: () => import('~/pages/instance') },
  { path: '/instances/:id/:section', load: () => import('~/pages/instance') },
  {
    path: '/cli',
    load: () => import('~/pages/cli'),
    nav: { label: strings.shell.cli, icon: IconTerminal2, keys: 'g c' },
    scope: 'commands:read',
  },
  {
    path: '/monitoring',
    load: () => import('~/pages/monitoring'),
    nav: { label: strings.shell.monitoring, icon: IconActivity, keys: 'g m' },
  },
  {
    path: '/admin',
    load: () => import('~/pages/admin'),
    nav: { label: strings.shell.admin, icon: IconShield, keys: 'g d' },
  },
  // A section of it.
  { path: '/admin/:section', load: () => import('~/pages/admin') },
  {
    path: '/account',
    load: () => import('~/pages/account'),
    nav: { label: strings.shell.account, icon: IconUserCircle, keys: 'g a' },
  },
];
