import { Button, Group, Modal, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';

import { auth, done } from '~/api/client';
import { Failure } from '~/pages/login/Card';
import { strings } from '~/strings';
import { account as accountWords } from '~/strings/account';
import { applyProblem } from '~/ui/forms';
import { toastDone } from '~/ui/toasts';

const words = accountWords;

interface TurnOffDialogProps {
  hasPassword: boolean;
  onClose: () => void;
}

export function TurnOffDialog({ hasPassword, onClose }: TurnOffDialogProps) {
  const [failure, setFailure] = useState<string>();
  const form = useForm({
    initialValues: { password: '', code: '' },
    validate: {
      password: (value) => (hasPassword && value === '' ? words.needPassword : null),
      code: (value) => (value.trim() === '' ? words.codeFault : null),
    },
  });
  const remove = useMutation({
    mutationFn: ({ password, code }: { password: string; code: string }) => {
      const given = code.trim();
      const factor = /^\d{6}$/.test(given) ? { code: given } : { recovery_code: given };
      const body = hasPassword ? { ...factor, password } : factor;
      return done(auth.POST('/auth/v1/me/totp/remove', { body }));
    },
    onSuccess: () => {
      toastDone(words.turnedOff);
      onClose();
    },
    onError: (error) =>
      setFailure(
        applyProblem(form, error, { password: 'password', code: 'code', recovery_code: 'code' }),
      ),
  });
  const submit = form.onSubmit((values) => {
    setFailure(undefined);
    remove.mutate(values);
  });
  return (
    <Modal opened onClose={onClose} title={words.turnOffTitle} size="sm">
      <form onSubmit={submit} noValidate>
        <Stack gap="sm">
          {hasPassword && (
            <PasswordInput
              data-autofocus
              label={words.currentPassword}
              autoComplete="current-password"
              {...form.getInputProps('password')}
            />
          )}
          <TextInput
            label={words.codeOrRecovery}
            autoComplete="one-time-code"
            {...form.getInputProps('code')}
          />
          <Failure text={failure} />
          <Group justify="flex-end" mt="xs">
            <Button variant="default" onClick={onClose}>
              {strings.common.cancel}
            </Button>
            <Button type="submit" color="red" loading={remove.isPending}>
              {words.turnOff}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
