import { Button, PasswordInput, Stack, Text } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { auth, done } from '~/api/client';
import { sessionsQuery, type User } from '~/api/me';
import classes from '~/pages/account/account.module.css';
import { Failure } from '~/pages/login/Card';
import { newPasswordFault } from '~/pages/login/rules';
import { strings } from '~/strings';
import { account as accountWords } from '~/strings/account';
import { applyProblem } from '~/ui/forms';
import { Panel } from '~/ui/Page';
import { toastDone } from '~/ui/toasts';

const words = accountWords;

export function PasswordPanel({ user }: { user: User }) {
  return (
    <Panel title={words.password}>
      {user.has_password ? (
        <PasswordForm email={user.email} />
      ) : (
        <Text c="dimmed">{words.noPassword}</Text>
      )}
    </Panel>
  );
}

function PasswordForm({ email }: { email: string }) {
  const queries = useQueryClient();
  const [failure, setFailure] = useState<string>();
  const form = useForm({
    initialValues: { current: '', fresh: '', repeat: '' },
    validateInputOnBlur: true,
    validate: {
      current: (value) => (value === '' ? words.needPassword : null),
      fresh: newPasswordFault,
      repeat: (value, { fresh }) => (value === fresh ? null : strings.login.differs),
    },
  });
  const change = useMutation({
    mutationFn: ({ current, fresh }: typeof form.values) =>
      done(
        auth.POST('/auth/v1/me/password', {
          body: { current_password: current, new_password: fresh },
        }),
      ),
    onSuccess: () => {
      form.reset();
      toastDone(words.passwordChanged);
      void queries.invalidateQueries({ queryKey: sessionsQuery.queryKey });
    },
    onError: (error) =>
      setFailure(applyProblem(form, error, { current_password: 'current', new_password: 'fresh' })),
  });
  const submit = form.onSubmit((values) => {
    setFailure(undefined);
    change.mutate(values);
  });
  return (
    <form onSubmit={submit} noValidate className={classes.form}>
      {/* For password managers, which want to know whose password it is. */}
      <input type="hidden" name="username" autoComplete="username" value={email} />
      <Stack gap="sm">
        <PasswordInput
          label={words.currentPassword}
          autoComplete="current-password"
          {...form.getInputProps('current')}
        />
        <PasswordInput
          label={words.newPassword}
          autoComplete="new-password"
          {...form.getInputProps('fresh')}
        />
        <PasswordInput
          label={words.repeat}
          autoComplete="new-password"
          {...form.getInputProps('repeat')}
        />
        <Failure text={failure} />
        <div>
          <Button type="submit" variant="default" loading={change.isPending}>
            {words.changePassword}
          </Button>
        </div>
      </Stack>
    </form>
  );
}
