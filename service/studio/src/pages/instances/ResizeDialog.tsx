import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';

import { useLive } from '~/api/figures';
import { type Node, useUpdateNode } from '~/api/nodes';
import { formatBytes, parseBytes } from '~/format';
import { memoryFault } from '~/pages/instances/rules';
import { strings } from '~/strings';
import { applyProblem } from '~/ui/forms';
import { toastDone } from '~/ui/toasts';

const words = strings.instances;

export function ResizeDialog({ node, onClose }: { node: Node; onClose: () => void }) {
  const used = useLive(node.id)?.now.memory_used_bytes;
  const [failure, setFailure] = useState<string>();
  const update = useUpdateNode();
  const form = useForm({
    initialValues: { memory: formatBytes(node.memory_limit_bytes) },
    validateInputOnChange: true,
    validate: { memory: memoryFault },
  });
  const bytes = parseBytes(form.values.memory);
  const submit = form.onSubmit(() => {
    if (bytes === undefined) return;
    setFailure(undefined);
    update.mutate(
      { node, body: { memory_limit_bytes: bytes } },
      {
        onSuccess: () => {
          toastDone(words.changed(node.name));
          onClose();
        },
        onError: (error) =>
          setFailure(applyProblem(form, error, { memory: 'memory', memory_limit_bytes: 'memory' })),
      },
    );
  });
  return (
    <Modal opened onClose={onClose} title={words.resizeTitle(node.name)} size="sm">
      <form onSubmit={submit} noValidate>
        <Stack gap="sm">
          <TextInput
            data-autofocus
            label={words.form.memory}
            description={words.resizeNow(formatBytes(used), formatBytes(node.memory_limit_bytes))}
            {...form.getInputProps('memory')}
          />
          {bytes !== undefined && used !== undefined && bytes < used && (
            <Text size="sm" role="status">
              {words.resizeBelow}
            </Text>
          )}
          {failure !== undefined && (
            <Text size="sm" c="var(--bad)" role="alert">
              {failure}
            </Text>
          )}
          <Group justify="flex-end" mt="xs">
            <Button variant="default" onClick={onClose}>
              {strings.common.cancel}
            </Button>
            <Button type="submit" loading={update.isPending}>
              {words.resizeSubmit}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
