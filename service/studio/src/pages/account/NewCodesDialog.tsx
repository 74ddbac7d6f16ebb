import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';

import { auth, take } from '~/api/client';
import { RecoveryCodes } from '~/pages/account/RecoveryCodes';
import { codeFault } from '~/pages/account/rules';
import { account as accountWords } from '~/strings/account';
import { textOfFailure } from '~/ui/forms';

const words = accountWords;

export function NewCodesDialog({ onClose }: { onClose: () => void }) {
  const form = useForm({ initialValues: { code: '' }, validate: { code: codeFault } });
  const renew = useMutation({
    mutationFn: (code: string) =>
      take(auth.POST('/auth/v1/me/totp/recovery-codes', { body: { code } })),
    onError: (error) => form.setFieldError('code', textOfFailure(error)),
  });
  return (
    <Modal opened onClose={onClose} title={words.newCodes} closeOnClickOutside={!renew.data}>
      {renew.data ? (
        <RecoveryCodes codes={renew.data.recovery_codes} onKept={onClose} />
      ) : (
        <form onSubmit={form.onSubmit(({ code }) => renew.mutate(code.trim()))} noValidate>
          <Stack gap="md">
            <Text c="dimmed">{words.newCodesDetail}</Text>
            <TextInput
              data-autofocus
              label={words.code}
              inputMode="numeric"
              autoComplete="one-time-code"
              {...form.getInputProps('code')}
            />
            <Group justify="flex-end">
              <Button type="submit" loading={renew.isPending}>
                {words.getCodes}
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  );
}
