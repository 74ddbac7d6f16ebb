import { Anchor, Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, Navigate, useLocation } from 'react-router';

import { openAuth, take } from '~/api/client';
import { Card, Failure } from '~/pages/login/Card';
import { FactorStep } from '~/pages/login/FactorStep';
import type { LogInAnswer } from '~/pages/login/PasswordStep';
import { Providers } from '~/pages/login/Providers';
import { newPasswordFault, tokenFault } from '~/pages/login/rules';
import { accept } from '~/session/session';
import { strings } from '~/strings';
import { applyProblem } from '~/ui/forms';

export default function AcceptInvitation() {
  const { hash } = useLocation();
  const [failure, setFailure] = useState<string>();
  const [challenge, setChallenge] = useState<string>();
  const [accepted, setAccepted] = useState(false);
  const form = useForm({
    // Behind #, for what stands there is sent to no server.
    initialValues: { token: hash.slice(1), name: '', password: '' },
    validateInputOnBlur: true,
    validate: { token: tokenFault('mri_'), password: newPasswordFault },
  });
  const onAnswer = (answer: LogInAnswer) => {
    if (!answer.tokens) {
      setChallenge(answer.second_factor?.challenge);
      return;
    }
    accept(answer.tokens);
    setAccepted(true);
  };
  const use = useMutation({
    mutationFn: ({ token, name, password }: typeof form.values) => {
      const body = { token: token.trim(), name: name.trim(), password, use_cookie: true };
      return take(openAuth.POST('/auth/v1/invitations/accept', { body }));
    },
    onSuccess: onAnswer,
    onError: (error) =>
      setFailure(applyProblem(form, error, { token: 'token', name: 'name', password: 'password' })),
  });
  if (accepted) return <Navigate to="/" replace />;
  if (challenge !== undefined) {
    return (
      <Card title={strings.login.factorTitle} detail={strings.login.factorDetail}>
        <FactorStep
          challenge={challenge}
          onAnswer={onAnswer}
          onStartOver={() => setChallenge(undefined)}
        />
      </Card>
    );
  }
  const submit = form.onSubmit((values) => {
    setFailure(undefined);
    use.mutate(values);
  });
  return (
    <Card
      title={strings.login.inviteTitle}
      detail={strings.login.inviteDetail}
      foot={
        <Anchor component={Link} to="/login" size="sm">
          {strings.login.back}
        </Anchor>
      }
    >
      <form onSubmit={submit} noValidate>
        <Stack gap="sm">
          <TextInput
            label={strings.login.inviteToken}
            placeholder="mri_…"
            autoComplete="off"
            {...form.getInputProps('token')}
          />
          <TextInput
            label={strings.login.name}
            autoComplete="name"
            {...form.getInputProps('name')}
          />
          <PasswordInput
            label={strings.login.password}
            autoComplete="new-password"
            {...form.getInputProps('password')}
          />
          <Failure text={failure} />
          <Button type="submit" size="sm" loading={use.isPending}>
            {strings.login.accept}
          </Button>
        </Stack>
      </form>
      <Providers returnTo="/" invitation={form.values.token.trim()} onAnswer={onAnswer} />
    </Card>
  );
}
