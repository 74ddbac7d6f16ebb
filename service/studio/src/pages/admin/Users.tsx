import { Button, Menu, TextInput, VisuallyHidden } from '@mantine/core';
import { IconSearch, IconUserPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useDeferredValue, useState } from 'react';

import { type PlatformUser, useChangeUser, usersQuery } from '~/api/admin';
import { formatAgo, formatTime } from '~/format';
import { Invitations } from '~/pages/admin/Invitations';
import { InviteDialog } from '~/pages/admin/InviteDialog';
import { isEmail } from '~/pages/admin/rules';
import { UserAction, type UserActionKind } from '~/pages/admin/UserAction';
import { useSignedIn } from '~/session/hooks';
import { strings } from '~/strings';
import { admin as adminWords } from '~/strings/admin';
import { ActionsMenu } from '~/ui/ActionsMenu';
import { Panel } from '~/ui/Page';
import { ScrollX } from '~/ui/ScrollX';
import sections from '~/ui/sections.module.css';
import { EmptyState, QueryView } from '~/ui/states';
import { StateBadge } from '~/ui/StateBadge';
import { toastDone, toastError } from '~/ui/toasts';

const words = adminWords.users;

interface Asked {
  user: PlatformUser;
  action: UserActionKind;
}

export default function Users() {
  const [text, setText] = useState('');
  const [asked, ask] = useState<Asked>();
  const [inviting, invite] = useState(false);
  // The service finds whole addresses; parts of one are looked for in what is here.
  const whole = useDeferredValue(isEmail(text) ? text.trim() : '');
  const query = useQuery(usersQuery(whole));
  const wanted = text.trim().toLowerCase();
  const fits = (one: PlatformUser) => `${one.email} ${one.name}`.toLowerCase().includes(wanted);
  return (
    <>
      <div className={sections.toolbar}>
        <TextInput
          size="xs"
          type="search"
          style={{ flex: 1, maxWidth: 320 }}
          leftSection={<IconSearch size={14} aria-hidden />}
          aria-label={words.search}
          placeholder={words.search}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Button ml="auto" leftSection={<IconUserPlus size={14} />} onClick={() => invite(true)}>
          {adminWords.people.invite}
        </Button>
      </div>
      <Panel title={adminWords.sections.users} flush>
        <QueryView query={query}>
          {(users) => {
            const shown = users.filter(fits);
            if (shown.length === 0) return <EmptyState compact title={words.nothingFits} />;
            return <Table users={shown} ask={ask} />;
          }}
        </QueryView>
      </Panel>
      <Invitations />
      {asked && <UserAction {...asked} onClose={() => ask(undefined)} />}
      {inviting && <InviteDialog platform onClose={() => invite(false)} />}
    </>
  );
}

function Table({ users, ask }: { users: readonly PlatformUser[]; ask: (asked: Asked) => void }) {
  const own = useSignedIn()?.user.id;
  return (
    <ScrollX>
      <table className={sections.rows} aria-label={adminWords.sections.users}>
        <thead>
          <tr>
            <th>{words.email}</th>
            <th>{words.state}</th>
            <th>{words.kind}</th>
            <th className={sections.wide}>{words.secondFactor}</th>
            <th className={`${sections.end} ${sections.wide}`}>{words.lastLogin}</th>
            <th>
              <VisuallyHidden>{strings.common.more}</VisuallyHidden>
            </th>
          </tr>
        </thead>
        <tbody>
          {users.map((user) => (
            <tr key={user.id}>
              <td>
                {user.email}{' '}
                {user.id === own && <span className={sections.soft}>({words.you})</span>}
                {user.name !== '' && <div className={sections.soft}>{user.name}</div>}
              </td>
              <td className={sections.tight}>
                <StateBadge
                  tone={user.disabled ? 'bad' : 'ok'}
                  label={user.disabled ? words.disabled : words.active}
                />
              </td>
              <td>{user.platform_admin ? words.platformAdmin : words.user}</td>
              <td className={sections.wide}>{user.second_factor ? words.on : words.off}</td>
              <td
                className={`${sections.end} ${sections.soft} ${sections.wide} number`}
                title={formatTime(user.last_login_at)}
              >
                {user.last_login_at === null ? strings.common.never : formatAgo(user.last_login_at)}
              </td>
              <td className={sections.end}>
                <RowMenu user={user} ask={ask} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollX>
  );
}

function RowMenu({ user, ask }: { user: PlatformUser; ask: (asked: Asked) => void }) {
  const change = useChangeUser();
  const enable = () => {
    change.mutate(
      { user, body: { disabled: false } },
      { onSuccess: () => toastDone(words.done.enable(user.email)), onError: toastError },
    );
  };
  const item = (action: UserActionKind) => (
    <Menu.Item onClick={() => ask({ user, action })}>{words[action]}</Menu.Item>
  );
  return (
    <ActionsMenu label={words.actionsOf(user.email)} width={230}>
      {item(user.platform_admin ? 'demote' : 'promote')}
      {item('resetPassword')}
      {item('endSessions')}
      {user.second_factor && item('removeFactor')}
      <Menu.Divider />
      {user.disabled ? <Menu.Item onClick={enable}>{words.enable}</Menu.Item> : item('disable')}
    </ActionsMenu>
  );
}
