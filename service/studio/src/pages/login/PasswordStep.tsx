import { Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';

import { openAuth, take } from '~/api/client';
import type { components } from '~/api/generated/auth';
import { Failure } from '~/pages/login/Card';
import { emailFault } from '~/pages/login/rules';
import { strings } from '~/strings';
import { textOfFailure } from '~/ui/forms';

export type LogInAnswer = components['schemas']['LogInAnswer'];

export function PasswordStep({ onAnswer }: { onAnswer: (answer: LogInAnswer) => void }) {
  const form = useForm({
    initialValues: { email: '', password: '' },
    validate: {
      email: emailFault,
      password: (value) => (value === '' ? strings.login.needPassword : null),
    },
  });
  const logIn = useMutation({
    mutationFn: ({ email, password }: { email: string; password: string }) =>
      take(
        openAuth.POST('/auth/v1/login', {
          body: { email: email.trim(), password, use_cookie: true },
        }),
      ),
    onSuccess: onAnswer,
  });
  const failure = logIn.error ? textOfFailure(logIn.error) : undefined;
  return (
    <form onSubmit={form.onSubmit((values) => logIn.mutate(values))} noValidate>
      <Stack gap="sm">
        <TextInput
          label={strings.login.email}
          type="email"
          autoComplete="username"
          autoFocus
          {...form.getInputProps('email')}
        />
        <PasswordInput
          label={strings.login.password}
          autoComplete="current-password"
          {...form.getInputProps('password')}
        />
        <Failure text={failure} />
        <Button type="submit" size="sm" loading={logIn.isPending}>
          {strings.login.logIn}
        </Button>
      </Stack>
    </form>
  );
}
