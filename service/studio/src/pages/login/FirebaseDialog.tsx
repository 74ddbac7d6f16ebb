import { Button, Modal, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';

import { openAuth, take } from '~/api/client';
import { firebaseIdToken } from '~/api/firebase';
import { Failure } from '~/pages/login/Card';
import type { LogInAnswer } from '~/pages/login/PasswordStep';
import { emailFault } from '~/pages/login/rules';
import { strings } from '~/strings';
import { textOfFailure } from '~/ui/forms';

interface FirebaseDialogProps {
  url: string;
  invitation: string | undefined;
  onAnswer: (answer: LogInAnswer) => void;
  onClose: () => void;
}

export function FirebaseDialog({ url, invitation, onAnswer, onClose }: FirebaseDialogProps) {
  const form = useForm({
    initialValues: { email: '', password: '' },
    validate: {
      email: emailFault,
      password: (value) => (value === '' ? strings.login.needPassword : null),
    },
  });
  const logIn = useMutation({
    mutationFn: async ({ email, password }: { email: string; password: string }) => {
      const id_token = await firebaseIdToken(url, email.trim(), password);
      const invited = invitation === undefined || invitation === '' ? {} : { invitation };
      const body = { id_token, use_cookie: true, ...invited };
      return take(openAuth.POST('/auth/v1/login/firebase', { body }));
    },
    onSuccess: onAnswer,
  });
  return (
    <Modal opened onClose={onClose} title={strings.login.withProvider('Firebase')} size="sm">
      <form onSubmit={form.onSubmit((values) => logIn.mutate(values))} noValidate>
        <Stack gap="sm">
          <TextInput
            data-autofocus
            label={strings.login.email}
            type="email"
            autoComplete="username"
            {...form.getInputProps('email')}
          />
          <PasswordInput
            label={strings.login.password}
            autoComplete="current-password"
            {...form.getInputProps('password')}
          />
          <Failure text={logIn.error ? textOfFailure(logIn.error) : undefined} />
          <Button type="submit" size="sm" loading={logIn.isPending}>
            {strings.login.logIn}
          </Button>
        </Stack>
      </form>
    </Modal>
  );
}
