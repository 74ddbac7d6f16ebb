import { Button, Group, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQueryClient } from '@tanstack/react-query';

import { auth, take } from '~/api/client';
import { meQuery, type User } from '~/api/me';
import { formatTime } from '~/format';
import classes from '~/pages/account/account.module.css';
import { rename } from '~/session/session';
import { strings } from '~/strings';
import { account as accountWords } from '~/strings/account';
import { applyProblem } from '~/ui/forms';
import { Panel } from '~/ui/Page';
import { toastDone, toastError } from '~/ui/toasts';

const words = accountWords;

function nameFault(value: string): string | null {
  // eslint-disable-next-line no-control-regex -- they are what is refused
  return value.length <= 200 && !/[\x00-\x1f\x7f]/.test(value) ? null : words.nameFault;
}

export function Profile({ user }: { user: User }) {
  const queries = useQueryClient();
  const form = useForm({
    initialValues: { name: user.name },
    validateInputOnChange: true,
    validate: { name: nameFault },
  });
  const save = useMutation({
    mutationFn: (name: string) => take(auth.PATCH('/auth/v1/me', { body: { name } })),
    onSuccess: ({ name }) => {
      rename(name);
      form.resetDirty({ name });
      toastDone(words.nameSaved);
      void queries.invalidateQueries({ queryKey: meQuery.queryKey });
    },
    onError: (error) => {
      if (applyProblem(form, error, { name: 'name' }) !== undefined) toastError(error);
    },
  });
  return (
    <Panel title={words.profile}>
      <form onSubmit={form.onSubmit(({ name }) => save.mutate(name.trim()))} noValidate>
        <Group align="flex-end" gap="sm" mb="md" className={classes.form ?? ''} wrap="nowrap">
          <TextInput
            flex={1}
            label={words.name}
            autoComplete="name"
            {...form.getInputProps('name')}
          />
          <Button
            type="submit"
            size="sm"
            variant="default"
            disabled={!form.isDirty()}
            loading={save.isPending}
          >
            {strings.common.save}
          </Button>
        </Group>
      </form>
      <dl className={classes.list}>
        <dt>{words.email}</dt>
        <dd>
          {user.email}{' '}
          <span className={classes.soft}>
            · {user.email_verified ? words.verified : words.notVerified}
          </span>
        </dd>
        <dt>{words.memberSince}</dt>
        <dd>{formatTime(user.created_at)}</dd>
        <dt>{words.lastLogin}</dt>
        <dd>{formatTime(user.last_login_at)}</dd>
      </dl>
    </Panel>
  );
}
