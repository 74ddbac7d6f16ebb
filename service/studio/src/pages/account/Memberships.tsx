import { Button, Group, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQueryClient } from '@tanstack/react-query';

import { auth, take } from '~/api/client';
import { type Membership, meQuery } from '~/api/me';
import { formatTime } from '~/format';
import classes from '~/pages/account/account.module.css';
import { tokenFault } from '~/pages/login/rules';
import { changeTenant } from '~/session/session';
import { account as accountWords } from '~/strings/account';
import { textOfFailure } from '~/ui/forms';
import { Panel } from '~/ui/Page';
import { EmptyState } from '~/ui/states';
import { toastDone, toastError } from '~/ui/toasts';

const words = accountWords;

interface MembershipsProps {
  memberships: Membership[];
  current: string | null;
}

export function Memberships({ memberships, current }: MembershipsProps) {
  const change = useMutation({ mutationFn: changeTenant, onError: toastError });
  return (
    <Panel title={words.tenants} flush>
      {memberships.length === 0 ? (
        <EmptyState compact title={words.noTenants} />
      ) : (
        <ul className={classes.rows}>
          {memberships.map(({ tenant, role, since }) => (
            <li key={tenant} className={classes.row}>
              <span className={classes.grow}>
                {tenant}
                <small>
                  {words.roles[role]} · {words.memberSince.toLowerCase()} {formatTime(since)}
                </small>
              </span>
              {tenant === current ? (
                <span className={classes.soft}>{words.current}</span>
              ) : (
                <Button
                  variant="default"
                  loading={change.isPending && change.variables === tenant}
                  onClick={() => change.mutate(tenant)}
                >
                  {words.switchTo}
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      <Invitation />
    </Panel>
  );
}

function Invitation() {
  const queries = useQueryClient();
  const form = useForm({ initialValues: { token: '' }, validate: { token: tokenFault('mri_') } });
  const accept = useMutation({
    mutationFn: (token: string) =>
      take(auth.POST('/auth/v1/me/invitations', { body: { token: token.trim() } })),
    onSuccess: () => {
      form.reset();
      toastDone(words.accepted);
      void queries.invalidateQueries({ queryKey: meQuery.queryKey });
    },
    onError: (error) => form.setFieldError('token', textOfFailure(error)),
  });
  return (
    <form
      className={classes.row}
      onSubmit={form.onSubmit(({ token }) => accept.mutate(token))}
      noValidate
    >
      <Group align="flex-end" gap="sm" wrap="nowrap" flex={1} style={{ alignItems: 'start' }}>
        <TextInput
          flex={1}
          size="xs"
          aria-label={words.invitation}
          placeholder={`${words.invitationDetail} mri_…`}
          autoComplete="off"
          {...form.getInputProps('token')}
        />
        <Button
          type="submit"
          variant="default"
          loading={accept.isPending}
          disabled={form.values.token === ''}
        >
          {words.accept}
        </Button>
      </Group>
    </form>
  );
}
