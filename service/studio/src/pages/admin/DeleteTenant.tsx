import { Button, Group, Modal, Select, Stack, Text, TextInput } from '@mantine/core';
import { type SubmitEvent, useState } from 'react';

import { useDeleteTenant } from '~/api/admin';
import type { Tenant } from '~/api/tenants';
import { strings } from '~/strings';
import { admin as adminWords } from '~/strings/admin';
import { textOfFailure } from '~/ui/forms';
import { toastDone } from '~/ui/toasts';

const words = adminWords.tenants;
const graces = Object.entries(words.graces).map(([value, label]) => ({ value, label }));

export function DeleteTenant({ tenant, onClose }: { tenant: Tenant; onClose: () => void }) {
  const [typed, setTyped] = useState('');
  const [grace, setGrace] = useState('604800');
  const remove = useDeleteTenant();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (typed !== tenant.name) return;
    remove.mutate(
      { tenant, graceSeconds: Number(grace) },
      {
        onSuccess: () => {
          toastDone(words.removed(tenant.name));
          onClose();
        },
      },
    );
  };
  return (
    <Modal opened onClose={onClose} title={words.removeTitle(tenant.name)}>
      <form onSubmit={submit}>
        <Stack gap="md">
          <Text c="dimmed">{words.removeDetail(tenant.nodes)}</Text>
          <Select
            label={words.grace}
            data={graces}
            allowDeselect={false}
            value={grace}
            onChange={(value) => setGrace(value ?? grace)}
          />
          <TextInput
            data-autofocus
            label={words.removeConfirm(tenant.name)}
            autoComplete="off"
            spellCheck={false}
            value={typed}
            error={remove.error ? textOfFailure(remove.error) : undefined}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {strings.common.cancel}
            </Button>
            <Button
              type="submit"
              color="red"
              disabled={typed !== tenant.name}
              loading={remove.isPending}
            >
              {words.removeSubmit}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
