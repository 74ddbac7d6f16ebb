import { Checkbox, Modal, Select, SimpleGrid, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';

import { type KeyScope, keyScopes, useCreateKey } from '~/api/admin';
import { newIdempotencyKey } from '~/api/client';
import { expiryOf, keyNameFault } from '~/pages/admin/rules';
import { useScopes } from '~/session/hooks';
import { admin as adminWords } from '~/strings/admin';
import { FormFoot } from '~/ui/FormFoot';
import { applyProblem } from '~/ui/forms';
import { SecretOnce } from '~/ui/SecretOnce';

const words = adminWords.keys;
const lives = Object.entries(words.lives).map(([value, label]) => ({ value, label }));

export function KeyDialog({ tenant, onClose }: { tenant: string; onClose: () => void }) {
  const own = useScopes();
  const [failure, setFailure] = useState<string>();
  const [key] = useState(newIdempotencyKey);
  const create = useCreateKey(tenant);
  const form = useForm({
    initialValues: {
      name: '',
      scopes: ['nodes:read', 'commands:read', 'commands:write'] as string[],
      life: '7776000',
    },
    validateInputOnChange: true,
    validate: {
      name: keyNameFault,
      scopes: (value) => (value.length === 0 ? words.scopesFault : null),
    },
  });
  const submit = form.onSubmit(({ name, scopes, life }) => {
    setFailure(undefined);
    const expires = expiryOf(life);
    const body = {
      name: name.trim(),
      scopes: keyScopes.filter((one) => scopes.includes(one)),
      ...(expires !== undefined && { expires_at: expires }),
    };
    const onError = (error: unknown) =>
      setFailure(applyProblem(form, error, { name: 'name', scopes: 'scopes', expires_at: 'life' }));
    create.mutate({ body, key }, { onError });
  });
  if (create.data) {
    return (
      <SecretOnce
        title={words.madeTitle(create.data.name)}
        label={words.secret}
        secret={create.data.secret ?? ''}
        note={adminWords.once}
        copy={adminWords.copyOnce}
        done={adminWords.onceDone}
        onClose={onClose}
      />
    );
  }
  // Nobody gives a key more than they have.
  const mayGive = (scope: KeyScope) => own.includes('platform') || own.includes(scope);
  return (
    <Modal opened onClose={onClose} title={words.createTitle} size={460}>
      <form onSubmit={submit} noValidate>
        <Stack gap="sm">
          <TextInput data-autofocus label={words.name} {...form.getInputProps('name')} />
          <Checkbox.Group label={words.scopes} {...form.getInputProps('scopes')}>
            <SimpleGrid cols={{ base: 2, xs: 3 }} spacing="xs" mt={6}>
              {keyScopes.map((scope) => (
                <Checkbox
                  key={scope}
                  size="xs"
                  value={scope}
                  label={scope}
                  disabled={!mayGive(scope)}
                />
              ))}
            </SimpleGrid>
          </Checkbox.Group>
          <Select
            label={words.expires}
            data={lives}
            allowDeselect={false}
            {...form.getInputProps('life')}
          />
          <FormFoot
            failure={failure}
            submit={words.create}
            pending={create.isPending}
            onClose={onClose}
          />
        </Stack>
      </form>
    </Modal>
  );
}
