import { Button, Select, VisuallyHidden } from '@mantine/core';
import { IconUserPlus, IconUsers } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { type Member, membersQuery, type Role, useChangeRole, useRemoveMember } from '~/api/admin';
import { useCommands } from '~/app/commands';
import { formatAgo, formatTime } from '~/format';
import type { SectionProps } from '~/pages/admin';
import { Invitations } from '~/pages/admin/Invitations';
import { InviteDialog } from '~/pages/admin/InviteDialog';
import { rolesUpTo } from '~/pages/admin/rules';
import { useSignedIn } from '~/session/hooks';
import { strings } from '~/strings';
import { admin as adminWords } from '~/strings/admin';
import { Confirm } from '~/ui/Confirm';
import { textOfFailure } from '~/ui/forms';
import { Panel } from '~/ui/Page';
import { ScrollX } from '~/ui/ScrollX';
import sections from '~/ui/sections.module.css';
import { EmptyState, QueryView } from '~/ui/states';
import { toastDone, toastError } from '~/ui/toasts';

const words = adminWords.people;

export default function People({ tenant, platform }: SectionProps) {
  const query = useQuery(membersQuery(tenant));
  const [inviting, invite] = useState(false);
  useCommands([{ id: 'invite', label: words.invite, keys: 'c', run: () => invite(true) }], []);
  const button = (
    <Button leftSection={<IconUserPlus size={14} />} onClick={() => invite(true)}>
      {words.invite}
    </Button>
  );
  return (
    <>
      <Panel title={words.members} actions={button} flush>
        <QueryView query={query}>
          {(members) =>
            members.length === 0 ? (
              <EmptyState
                compact
                icon={<IconUsers size={18} />}
                title={words.noMembers}
                detail={words.noMembersDetail}
              />
            ) : (
              <Members tenant={tenant} platform={platform} members={members} />
            )
          }
        </QueryView>
      </Panel>
      <Invitations tenant={tenant} />
      {inviting && (
        <InviteDialog tenant={tenant} platform={platform} onClose={() => invite(false)} />
      )}
    </>
  );
}

interface MembersProps {
  tenant: string;
  platform: boolean;
  members: readonly Member[];
}

function Members({ tenant, platform, members }: MembersProps) {
  const session = useSignedIn();
  const [removed, remove] = useState<Member>();
  const change = useChangeRole(tenant);
  const given = rolesUpTo(session?.role ?? null, platform);
  const setRole = (member: Member, role: Role) => {
    change.mutate(
      { member, role },
      {
        onSuccess: () => toastDone(words.changed(member.email, words.roles[role])),
        onError: toastError,
      },
    );
  };
  return (
    <ScrollX>
      <table className={sections.rows} aria-label={words.members}>
        <thead>
          <tr>
            <th>{words.email}</th>
            <th>{words.role}</th>
            <th className={`${sections.end} ${sections.wide}`}>{words.lastLogin}</th>
            <th className={`${sections.end} ${sections.wide}`}>{words.since}</th>
            <th>
              <VisuallyHidden>{words.remove}</VisuallyHidden>
            </th>
          </tr>
        </thead>
        <tbody>
          {members.map((member) => {
            const mine = member.user_id === session?.user.id;
            const above = !given.includes(member.role);
            return (
              <tr key={member.user_id}>
                <td>
                  {member.email}
                  {member.name !== '' && <div className={sections.soft}>{member.name}</div>}
                </td>
                <td>
                  <Select
                    size="xs"
                    w={116}
                    aria-label={words.roleOf(member.email)}
                    data={(above ? [member.role] : given).map((one) => ({
                      value: one,
                      label: words.roles[one],
                    }))}
                    allowDeselect={false}
                    disabled={above || change.isPending}
                    value={member.role}
                    onChange={(value) => value && value !== member.role && setRole(member, value)}
                  />
                </td>
                <td
                  className={`${sections.end} ${sections.soft} ${sections.wide} number`}
                  title={formatTime(member.last_login_at)}
                >
                  {member.last_login_at === null
                    ? strings.common.never
                    : formatAgo(member.last_login_at)}
                </td>
                <td
                  className={`${sections.end} ${sections.soft} ${sections.wide} number`}
                  title={formatTime(member.since)}
                >
                  {formatAgo(member.since)}
                </td>
                <td className={sections.end}>
                  <Button
                    size="compact-xs"
                    variant="default"
                    disabled={above && !mine}
                    aria-label={(mine ? words.leaveOf : words.removeOf)(member.email)}
                    onClick={() => remove(member)}
                  >
                    {mine ? words.leave : words.remove}
                  </Button>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {removed && <Remove tenant={tenant} member={removed} onClose={() => remove(undefined)} />}
    </ScrollX>
  );
}

function Remove({
  tenant,
  member,
  onClose,
}: {
  tenant: string;
  member: Member;
  onClose: () => void;
}) {
  const remove = useRemoveMember(tenant);
  const confirm = () => {
    remove.mutate(member, {
      onSuccess: () => {
        toastDone(words.removed(member.email));
        onClose();
      },
    });
  };
  return (
    <Confirm
      danger
      title={words.removeTitle(member.email)}
      detail={words.removeDetail(tenant)}
      submit={words.remove}
      pending={remove.isPending}
      failure={remove.error ? textOfFailure(remove.error) : undefined}
      onConfirm={confirm}
      onClose={onClose}
    />
  );
}
