import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';

import { type Invitation, invitationsQuery, useRevokeInvitation } from '~/api/admin';
import { formatAgo, formatTime } from '~/format';
import { admin as adminWords } from '~/strings/admin';
import { Panel } from '~/ui/Page';
import { ScrollX } from '~/ui/ScrollX';
import sections from '~/ui/sections.module.css';
import { QueryView } from '~/ui/states';
import { StateBadge, type Tone } from '~/ui/StateBadge';
import { toastDone, toastError } from '~/ui/toasts';

const words = adminWords.people;

const tones: Record<Invitation['state'], Tone> = {
  open: 'warn',
  accepted: 'ok',
  revoked: 'quiet',
  expired: 'quiet',
};

// Of a tenant, or with none of the whole platform.
export function Invitations({ tenant }: { tenant?: string }) {
  const query = useQuery(invitationsQuery(tenant));
  const revoke = useRevokeInvitation(tenant);
  const takeBack = (one: Invitation) => {
    revoke.mutate(one, {
      onSuccess: () => toastDone(words.revoked(one.email)),
      onError: toastError,
    });
  };
  return (
    <Panel title={words.invitations} flush>
      <QueryView query={query} compact>
        {(invitations) => {
          const shown = invitations.filter((one) => one.state === 'open');
          if (shown.length === 0)
            return <p className={sections.quietPadding}>{words.noInvitations}</p>;
          return (
            <ScrollX>
              <table className={sections.rows} aria-label={words.invitations}>
                <tbody>
                  {shown.map((one) => (
                    <tr key={one.id}>
                      <td>
                        {one.email}
                        {tenant === undefined && (
                          <div className={sections.soft}>{one.tenant ?? words.noTenant}</div>
                        )}
                      </td>
                      <td className={sections.tight}>
                        {one.platform_admin
                          ? words.platformAdmin
                          : one.role && words.roles[one.role]}
                      </td>
                      <td className={`${sections.tight} ${sections.wide}`}>
                        <StateBadge tone={tones[one.state]} label={words.states[one.state]} />
                      </td>
                      <td
                        className={`${sections.end} ${sections.soft} number`}
                        title={formatTime(one.expires_at)}
                      >
                        {formatAgo(one.expires_at)}
                      </td>
                      <td className={sections.end}>
                        <Button
                          size="compact-xs"
                          variant="default"
                          disabled={revoke.isPending}
                          aria-label={words.revokeOf(one.email)}
                          onClick={() => takeBack(one)}
                        >
                          {words.revoke}
                        </Button>
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </ScrollX>
          );
        }}
      </QueryView>
    </Panel>
  );
}
