import { useEffect } from 'react';

import {
  type PlatformUser,
  useChangeUser,
  useEndSessions,
  useRemoveFactor,
  useResetPassword,
} from '~/api/admin';
import { linkTo } from '~/pages/admin/rules';
import { admin as adminWords } from '~/strings/admin';
import { Confirm } from '~/ui/Confirm';
import { textOfFailure } from '~/ui/forms';
import { SecretOnce } from '~/ui/SecretOnce';
import { toastDone } from '~/ui/toasts';

const words = adminWords.users;

export type UserActionKind =
  'disable' | 'promote' | 'demote' | 'endSessions' | 'resetPassword' | 'removeFactor';

interface UserActionProps {
  user: PlatformUser;
  action: UserActionKind;
  onClose: () => void;
}

const changes = {
  disable: { disabled: true },
  promote: { platform_admin: true },
  demote: { platform_admin: false },
};

export function UserAction({ user, action, onClose }: UserActionProps) {
  const change = useChangeUser();
  const endSessions = useEndSessions();
  const removeFactor = useRemoveFactor();
  const reset = useResetPassword();
  const made = reset.data;
  useEffect(() => {
    if (made?.token !== null || !made.mailed) return;
    toastDone(words.mailed(user.email));
    onClose();
  }, [made, user.email, onClose]);
  const run = () => {
    const onSuccess = () => {
      toastDone(words.done[action](user.email));
      onClose();
    };
    switch (action) {
      case 'disable':
      case 'promote':
      case 'demote':
        change.mutate({ user, body: changes[action] }, { onSuccess });
        return;
      case 'endSessions':
        endSessions.mutate(user, { onSuccess });
        return;
      case 'removeFactor':
        removeFactor.mutate(user, { onSuccess });
        return;
      case 'resetPassword':
        reset.mutate(user);
    }
  };
  if (made?.token != null) {
    return (
      <SecretOnce
        title={words.done.resetPassword(user.email)}
        label={adminWords.people.link}
        secret={linkTo('reset-password', made.token)}
        note={words.handOver(user.email)}
        copy={adminWords.people.copyLink}
        done={adminWords.people.done}
        onClose={onClose}
      />
    );
  }
  const all = [change, endSessions, removeFactor, reset];
  const failure = all.find((one) => one.error !== null)?.error;
  return (
    <Confirm
      danger={action !== 'resetPassword'}
      title={words.titles[action](user.email)}
      detail={words.details[action]}
      submit={words.confirm}
      pending={all.some((one) => one.isPending)}
      failure={failure ? textOfFailure(failure) : undefined}
      onConfirm={run}
      onClose={onClose}
    />
  );
}
