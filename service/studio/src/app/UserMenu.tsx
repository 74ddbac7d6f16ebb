import { Menu, SegmentedControl, useMantineColorScheme } from '@mantine/core';
import { IconCheck, IconDevices, IconLogout, IconUserCircle } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from 'react-router';

import { meQuery } from '~/api/me';
import classes from '~/app/Shell.module.css';
import { schemes } from '~/app/themeCommands';
import { useSignedIn } from '~/session/hooks';
import { changeTenant, signOut } from '~/session/session';
import { strings } from '~/strings';
import { toastError } from '~/ui/toasts';

function Tenants({ current }: { current: string | null }) {
  const memberships = useQuery(meQuery).data?.memberships ?? [];
  if (memberships.length < 2) return null;
  return (
    <>
      <Menu.Divider />
      <Menu.Label>{strings.shell.tenant}</Menu.Label>
      {memberships.map(({ tenant, role }) => (
        <Menu.Item
          key={tenant}
          leftSection={
            <IconCheck size={14} visibility={tenant === current ? 'visible' : 'hidden'} />
          }
          rightSection={<small>{role}</small>}
          onClick={() => void changeTenant(tenant).catch(toastError)}
        >
          {tenant}
        </Menu.Item>
      ))}
    </>
  );
}

export function UserMenu() {
  const session = useSignedIn();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const navigate = useNavigate();
  if (!session) return null;
  const { user, tenant } = session;
  const where = tenant ?? (user.platform_admin ? strings.shell.allTenants : strings.shell.noTenant);
  return (
    <Menu position="top-start" width={236} keepMounted={false}>
      <Menu.Target>
        <button type="button" className={classes.userButton}>
          <span className={classes.initial} aria-hidden>
            {(user.name || user.email).charAt(0).toUpperCase()}
          </span>
          <span className={classes.userText}>
            <span>{user.name || user.email}</span>
            <small>{where}</small>
          </span>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{user.email}</Menu.Label>
        <Menu.Item
          leftSection={<IconUserCircle size={14} />}
          onClick={() => void navigate('/account')}
        >
          {strings.shell.account}
        </Menu.Item>
        <Tenants current={tenant} />
        <Menu.Divider />
        <Menu.Label>{strings.shell.theme}</Menu.Label>
        <SegmentedControl
          fullWidth
          size="xs"
          aria-label={strings.shell.theme}
          value={colorScheme}
          onChange={(value) => setColorScheme(value)}
          data={schemes.map((scheme) => ({
            value: scheme,
            label: strings.shell.themeNames[scheme],
          }))}
        />
        <Menu.Divider />
        <Menu.Item
          leftSection={<IconLogout size={14} />}
          onClick={() => void signOut(false).catch(toastError)}
        >
          {strings.shell.signOut}
        </Menu.Item>
        <Menu.Item
          leftSection={<IconDevices size={14} />}
          onClick={() => void signOut(true).catch(toastError)}
        >
          {strings.shell.signOutEverywhere}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
