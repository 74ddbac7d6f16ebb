import { Anchor, Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useLocation } from 'react-router';

import { done, openAuth } from '~/api/client';
import { Card, Failure } from '~/pages/login/Card';
import { emailFault, newPasswordFault, tokenFault } from '~/pages/login/rules';
import { strings } from '~/strings';
import { applyProblem, textOfFailure } from '~/ui/forms';

const back = (
  <Anchor component={Link} to="/login" size="sm">
    {strings.login.back}
  </Anchor>
);

function AskForToken({ onHaveToken }: { onHaveToken: () => void }) {
  const form = useForm({ initialValues: { email: '' }, validate: { email: emailFault } });
  const ask = useMutation({
    mutationFn: (email: string) =>
      done(openAuth.POST('/auth/v1/password/reset-request', { body: { email: email.trim() } })),
  });
  const haveToken = (
    <Anchor component="button" type="button" size="sm" c="dimmed" onClick={onHaveToken}>
      {strings.login.setPassword}
    </Anchor>
  );
  return (
    <Card
      title={strings.login.forgotTitle}
      detail={strings.login.forgotDetail}
      foot={
        <>
          {back}
          {haveToken}
        </>
      }
    >
      {ask.isSuccess ? (
        <Stack gap="xs" role="status">
          <Text>{strings.login.forgotSent}</Text>
          <Text c="dimmed">{strings.login.forgotNoMail}</Text>
        </Stack>
      ) : (
        <form onSubmit={form.onSubmit(({ email }) => ask.mutate(email))} noValidate>
          <Stack gap="sm">
            <TextInput
              label={strings.login.email}
              type="email"
              autoComplete="username"
              {...form.getInputProps('email')}
            />
            <Failure text={ask.error ? textOfFailure(ask.error) : undefined} />
            <Button type="submit" size="sm" loading={ask.isPending}>
              {strings.login.forgotSend}
            </Button>
          </Stack>
        </form>
      )}
    </Card>
  );
}

function UseToken({ given }: { given: string }) {
  const [failure, setFailure] = useState<string>();
  const form = useForm({
    initialValues: { token: given, password: '', repeat: '' },
    validateInputOnBlur: true,
    validate: {
      token: tokenFault('mrp_'),
      password: newPasswordFault,
      repeat: (value, values) => (value === values.password ? null : strings.login.differs),
    },
  });
  const reset = useMutation({
    mutationFn: ({ token, password }: typeof form.values) =>
      done(
        openAuth.POST('/auth/v1/password/reset', {
          body: { token: token.trim(), new_password: password },
        }),
      ),
    onError: (error) =>
      setFailure(applyProblem(form, error, { token: 'token', new_password: 'password' })),
  });
  const submit = form.onSubmit((values) => {
    setFailure(undefined);
    reset.mutate(values);
  });
  return (
    <Card title={strings.login.resetTitle} detail={strings.login.resetDetail} foot={back}>
      {reset.isSuccess ? (
        <Text role="status">{strings.login.resetDone}</Text>
      ) : (
        <form onSubmit={submit} noValidate>
          <Stack gap="sm">
            <TextInput
              label={strings.login.resetToken}
              placeholder="mrp_…"
              autoComplete="off"
              {...form.getInputProps('token')}
            />
            <PasswordInput
              label={strings.login.newPassword}
              autoComplete="new-password"
              {...form.getInputProps('password')}
            />
            <PasswordInput
              label={strings.login.repeat}
              autoComplete="new-password"
              {...form.getInputProps('repeat')}
            />
            <Failure text={failure} />
            <Button type="submit" size="sm" loading={reset.isPending}>
              {strings.login.setPassword}
            </Button>
          </Stack>
        </form>
      )}
    </Card>
  );
}

export default function ResetPassword() {
  const { hash } = useLocation();
  const [hasToken, setHasToken] = useState(hash.length > 1);
  return hasToken ? (
    <UseToken given={hash.slice(1)} />
  ) : (
    <AskForToken onHaveToken={() => setHasToken(true)} />
  );
}
