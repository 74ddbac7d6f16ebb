import { ActionIcon } from '@mantine/core';
import { IconMenu2, IconSearch, IconX } from '@tabler/icons-react';
import { useHotkeys } from '@mantine/hooks';
import { lazy, Suspense, useEffect, useLayoutEffect, useState } from 'react';
import { NavLink, Outlet, useLocation, useNavigate } from 'react-router';

import { listenForKeys, useCommands } from '~/app/commands';
import { ConnectionBanner } from '~/app/ConnectionBanner';
import { pages } from '~/app/pages';
import classes from '~/app/Shell.module.css';
import { useThemeCommands } from '~/app/themeCommands';
import { UserMenu } from '~/app/UserMenu';
import { useScopes } from '~/session/hooks';
import { strings } from '~/strings';
import { Boundary } from '~/ui/Boundary';
import { LoadingState } from '~/ui/states';

// Not part of the first load.
const loadPalette = () => import('~/app/Palette');
const Palette = lazy(loadPalette);

function openShortcuts(): void {
  void loadPalette().then((loaded) => loaded.openShortcuts());
}

function usePageCommands() {
  const navigate = useNavigate();
  const scopes = useScopes();
  useCommands(
    pages.flatMap(({ path, nav, scope }) => {
      if (nav === undefined || (scope !== undefined && !scopes.includes(scope))) return [];
      const run = () => void navigate(path);
      return [
        {
          id: path,
          label: nav.label,
          group: strings.shell.goTo,
          run,
          ...(nav.keys && { keys: nav.keys }),
        },
      ];
    }),
    [navigate, scopes],
  );
  useCommands(
    [
      {
        id: 'shortcuts',
        label: strings.shell.shortcuts,
        keys: '?',
        run: openShortcuts,
      },
    ],
    [],
  );
}

function Brand() {
  return (
    <div className={classes.brand}>
      <img src="/icon.svg" alt="" />
      {strings.common.product}
    </div>
  );
}

function Navigation({ onGo }: { onGo: () => void }) {
  const scopes = useScopes();
  return (
    <nav className={classes.nav} aria-label={strings.shell.navigation}>
      {pages.map(({ path, nav, scope }) => {
        if (nav === undefined || (scope !== undefined && !scopes.includes(scope))) return null;
        const Icon = nav.icon;
        return (
          <NavLink key={path} to={path} className={classes.link ?? ''} onClick={onGo}>
            <Icon size={16} stroke={1.75} />
            {nav.label}
          </NavLink>
        );
      })}
    </nav>
  );
}

export function Shell() {
  const [open, setOpen] = useState(false);
  const [palette, setPalette] = useState(false);
  const location = useLocation();
  const openPalette = () => {
    if (palette) void loadPalette().then((loaded) => loaded.openPalette());
    else setPalette(true);
  };
  useHotkeys(palette ? [] : [['mod+K', openPalette]], []);
  usePageCommands();
  useThemeCommands();
  useLayoutEffect(listenForKeys, []);
  useEffect(() => {
    if (!open) return undefined;
    const onKey = (event: KeyboardEvent) => {
      if (event.key === 'Escape') setOpen(false);
    };
    globalThis.addEventListener('keydown', onKey);
    return () => globalThis.removeEventListener('keydown', onKey);
  }, [open]);
  const close = () => setOpen(false);
  const named = (name: string | undefined) => (open ? `${name} ${classes.open}` : name);
  return (
    <div className={classes.shell}>
      <a className={classes.skip} href="#content">
        {strings.shell.skip}
      </a>
      <header className={classes.top}>
        <ActionIcon
          aria-label={open ? strings.shell.closeNavigation : strings.shell.openNavigation}
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          {open ? <IconX size={18} /> : <IconMenu2 size={18} />}
        </ActionIcon>
        <Brand />
        <ActionIcon aria-label={strings.shell.palette} onClick={openPalette}>
          <IconSearch size={18} />
        </ActionIcon>
      </header>
      {open && (
        <button
          type="button"
          className={named(classes.backdrop)}
          aria-label={strings.shell.closeNavigation}
          onClick={close}
        />
      )}
      <aside className={named(classes.side)} aria-label={strings.shell.side}>
        <Brand />
        <button type="button" className={classes.searchButton} onClick={openPalette}>
          <IconSearch size={14} aria-hidden />
          {strings.common.search}
          <kbd>Ctrl K</kbd>
        </button>
        <Navigation onGo={close} />
        <UserMenu />
      </aside>
      <div className={classes.main}>
        <ConnectionBanner />
        <main id="content" tabIndex={-1} className={classes.content}>
          <Boundary ofPage title={strings.shell.brokenTitle} resetKey={location.pathname}>
            <Suspense fallback={<LoadingState lines={6} />}>
              <Outlet />
            </Suspense>
          </Boundary>
        </main>
      </div>
      {palette && (
        <Suspense>
          <Palette />
        </Suspense>
      )}
    </div>
  );
}
