import { Button, Group, Modal, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import { useMemo } from 'react';

import { auth, take } from '~/api/client';
import classes from '~/pages/account/account.module.css';
import { qrPicture } from '~/pages/account/qr';
import { RecoveryCodes } from '~/pages/account/RecoveryCodes';
import { codeFault } from '~/pages/account/rules';
import { account as accountWords } from '~/strings/account';
import { textOfFailure } from '~/ui/forms';
import { CopyButton } from '~/ui/CopyButton';
import { toastDone } from '~/ui/toasts';

const words = accountWords;

interface SetUpDialogProps {
  hasPassword: boolean;
  onClose: () => void;
}

// Password, then the seed and a first code of it, then the recovery codes.
export function SetUpDialog({ hasPassword, onClose }: SetUpDialogProps) {
  const enrol = useMutation({
    mutationFn: (password: string) =>
      take(auth.POST('/auth/v1/me/totp', { body: password === '' ? {} : { password } })),
  });
  const confirm = useMutation({
    mutationFn: (code: string) => take(auth.POST('/auth/v1/me/totp/confirm', { body: { code } })),
    onSuccess: () => toastDone(words.turnedOn),
  });
  // The codes are shown once: a click beside the dialog must not take them away.
  return (
    <Modal opened onClose={onClose} title={words.factor} closeOnClickOutside={!enrol.data}>
      {confirm.data ? (
        <RecoveryCodes codes={confirm.data.recovery_codes} onKept={onClose} />
      ) : enrol.data ? (
        <FirstCode
          seed={enrol.data}
          pending={confirm.isPending}
          failure={confirm.error ? textOfFailure(confirm.error) : undefined}
          onCode={(code) => confirm.mutate(code)}
        />
      ) : (
        <Prove
          hasPassword={hasPassword}
          pending={enrol.isPending}
          failure={enrol.error ? textOfFailure(enrol.error) : undefined}
          onPassword={(password) => enrol.mutate(password)}
        />
      )}
    </Modal>
  );
}

interface ProveProps {
  hasPassword: boolean;
  pending: boolean;
  failure: string | undefined;
  onPassword: (password: string) => void;
}

function Prove({ hasPassword, pending, failure, onPassword }: ProveProps) {
  const form = useForm({
    initialValues: { password: '' },
    validate: { password: (value) => (hasPassword && value === '' ? words.needPassword : null) },
  });
  return (
    <form onSubmit={form.onSubmit(({ password }) => onPassword(password))} noValidate>
      <Stack gap="md">
        <Text c="dimmed">{words.factorOff}</Text>
        {hasPassword && (
          <PasswordInput
            data-autofocus
            label={words.currentPassword}
            autoComplete="current-password"
            {...form.getInputProps('password')}
            error={form.errors.password ?? failure}
          />
        )}
        <Group justify="flex-end">
          <Button type="submit" loading={pending}>
            {words.begin}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

interface FirstCodeProps {
  seed: { secret: string; uri: string };
  pending: boolean;
  failure: string | undefined;
  onCode: (code: string) => void;
}

function FirstCode({ seed, pending, failure, onCode }: FirstCodeProps) {
  const picture = useMemo(() => qrPicture(seed.uri), [seed.uri]);
  const form = useForm({ initialValues: { code: '' }, validate: { code: codeFault } });
  return (
    <form onSubmit={form.onSubmit(({ code }) => onCode(code.trim()))} noValidate>
      <Stack gap="md">
        <Text c="dimmed">{words.scan}</Text>
        <Group align="flex-start" gap="md">
          <svg
            className={classes.qr}
            role="img"
            aria-label={words.qr}
            viewBox={`0 0 ${picture.size} ${picture.size}`}
            shapeRendering="crispEdges"
          >
            <path d={picture.path} fill="#000" />
          </svg>
          <Stack gap="sm" flex={1} miw={180}>
            <div>
              <Text size="sm" fw={500}>
                {words.secret}
              </Text>
              <Group gap={4} wrap="nowrap" align="flex-start">
                <span className={`${classes.secret} mono`}>{seed.secret}</span>
                <CopyButton value={seed.secret} />
              </Group>
            </div>
            <TextInput
              data-autofocus
              label={words.code}
              inputMode="numeric"
              autoComplete="one-time-code"
              maxLength={6}
              {...form.getInputProps('code')}
              error={form.errors.code ?? failure}
            />
            <Button type="submit" loading={pending}>
              {words.turnOn}
            </Button>
          </Stack>
        </Group>
      </Stack>
    </form>
  );
}
