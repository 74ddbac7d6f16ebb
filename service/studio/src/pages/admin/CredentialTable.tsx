import { Button, VisuallyHidden } from '@mantine/core';
import type { UseMutationResult } from '@tanstack/react-query';
import { useState } from 'react';

import { formatAgo, formatTime } from '~/format';
import { credentialState, type CredentialState } from '~/pages/admin/rules';
import { strings } from '~/strings';
import { admin as adminWords } from '~/strings/admin';
import { Confirm } from '~/ui/Confirm';
import { textOfFailure } from '~/ui/forms';
import { ScrollX } from '~/ui/ScrollX';
import sections from '~/ui/sections.module.css';
import { StateBadge, type Tone } from '~/ui/StateBadge';
import { toastDone } from '~/ui/toasts';

const words = adminWords.keys;

const tones: Record<CredentialState, Tone> = { active: 'ok', revoked: 'bad', expired: 'quiet' };

export interface Credential {
  id: string;
  name: string;
  created_by: string;
  created_at: string;
  expires_at: string | null;
  last_used_at: string | null;
  revoked_at: string | null;
}

export interface CredentialTableProps<T extends Credential> {
  label: string;
  items: readonly T[];
  header: string; // of what it opens
  describe: (item: T) => string;
  mayChange: boolean;
  revoke: UseMutationResult<unknown, Error, { id: string }>;
}

// API keys and tokens of nodes: what they open, when they were used, and their end.
export function CredentialTable<T extends Credential>(props: CredentialTableProps<T>) {
  const { label, items, header, describe, mayChange, revoke } = props;
  const [revoked, ask] = useState<T>();
  const confirm = (one: T) => {
    revoke.mutate(one, {
      onSuccess: () => {
        toastDone(words.revokedNow(one.name));
        ask(undefined);
      },
    });
  };
  return (
    <ScrollX>
      <table className={sections.rows} aria-label={label}>
        <thead>
          <tr>
            <th>{words.name}</th>
            <th>{words.state}</th>
            <th>{header}</th>
            <th>{words.expires}</th>
            <th>{words.lastUsed}</th>
            <th>{words.created}</th>
            {mayChange && (
              <th>
                <VisuallyHidden>{words.revoke}</VisuallyHidden>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {items.map((one) => {
            const state = credentialState(one);
            return (
              <tr key={one.id}>
                <td>
                  {one.name}
                  <div className={`${sections.soft} mono`}>{one.id}</div>
                </td>
                <td className={sections.tight}>
                  <StateBadge tone={tones[state]} label={words[state]} />
                </td>
                <td className={sections.soft}>{describe(one)}</td>
                <td className={`${sections.tight} number`} title={formatTime(one.expires_at)}>
                  {one.expires_at === null ? strings.common.never : formatAgo(one.expires_at)}
                </td>
                <td className={`${sections.tight} number`} title={formatTime(one.last_used_at)}>
                  {one.last_used_at === null ? strings.common.never : formatAgo(one.last_used_at)}
                </td>
                <td
                  className={`${sections.tight} number`}
                  title={`${formatTime(one.created_at)} · ${one.created_by}`}
                >
                  {formatAgo(one.created_at)}
                </td>
                {mayChange && (
                  <td className={sections.end}>
                    {state === 'active' && (
                      <Button
                        size="compact-xs"
                        variant="default"
                        aria-label={words.revokeOf(one.name)}
                        onClick={() => ask(one)}
                      >
                        {words.revoke}
                      </Button>
                    )}
                  </td>
                )}
              </tr>
            );
          })}
        </tbody>
      </table>
      {revoked && (
        <Confirm
          danger
          title={words.revokeTitle(revoked.name)}
          detail={words.revokeDetail}
          submit={words.revoke}
          pending={revoke.isPending}
          failure={revoke.error ? textOfFailure(revoke.error) : undefined}
          onConfirm={() => confirm(revoked)}
          onClose={() => ask(undefined)}
        />
      )}
    </ScrollX>
  );
}
