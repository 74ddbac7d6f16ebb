import {
  Button,
  Group,
  Modal,
  PasswordInput,
  SegmentedControl,
  Select,
  SimpleGrid,
  Stack,
  Text,
  TextInput,
} from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { newIdempotencyKey } from '~/api/client';
import { asApiError } from '~/api/errors';
import { evictionPolicies, type Node, nodesQuery, useCreateNode } from '~/api/nodes';
import { tenantsQuery } from '~/api/tenants';
import { formatBytes } from '~/format';
import { ConnectDialog } from '~/pages/instances/ConnectDialog';
import { bodyOf, type CreateValues, newPassword, validation } from '~/pages/instances/rules';
import { useSignedIn } from '~/session/hooks';
import { strings } from '~/strings';
import { applyProblem, textOfFailure } from '~/ui/forms';

const words = strings.instances.form;

function textOf(limit: number): string {
  return limit === 0 ? '' : String(limit);
}

function initialOf(source: Node | undefined, tenant: string): CreateValues {
  return {
    name: source ? `${source.name.slice(0, 58)}-copy` : '',
    tenant: source?.tenant ?? tenant,
    memory: source ? formatBytes(source.memory_limit_bytes) : '40 MiB',
    policy: source?.eviction_policy ?? 'noeviction',
    password: '',
    port: source?.port === null ? 'router' : 'any',
    portNumber: '',
    maxClients: source ? textOf(source.max_clients) : '',
    ops: source ? textOf(source.quota.ops_per_second) : '',
    bytes:
      source && source.quota.bytes_per_second > 0 ? formatBytes(source.quota.bytes_per_second) : '',
    wait: source ? textOf(source.quota.max_wait_ms) : '',
  };
}

// The API's names of fields, to the form's.
const fields = {
  name: 'name',
  tenant: 'tenant',
  memory: 'memory',
  memory_limit_bytes: 'memory',
  eviction_policy: 'policy',
  password: 'password',
  port: 'portNumber',
  max_clients: 'maxClients',
  'quota.ops_per_second': 'ops',
  'quota.bytes_per_second': 'bytes',
  'quota.max_wait_ms': 'wait',
};

export function CreateDialog({ source, onClose }: { source?: Node; onClose: () => void }) {
  const session = useSignedIn();
  const choosesTenant = session?.user.platform_admin === true && session.tenant === null;
  const tenants = useQuery({ ...tenantsQuery, enabled: choosesTenant });
  const nodes = useQuery(nodesQuery).data;
  const [failure, setFailure] = useState<string>();
  // Made with the dialog, so that a click that is repeated makes no second one. A refusal frees it.
  const [key] = useState(newIdempotencyKey);
  const create = useCreateNode();
  const form = useForm<CreateValues>({
    initialValues: initialOf(source, choosesTenant ? '' : (session?.tenant ?? '')),
    validateInputOnChange: true,
    validate: {
      ...validation,
      name: (value, { tenant }) =>
        validation.name(value) ??
        (nodes?.some((one) => one.name === value && one.tenant === tenant)
          ? words.nameTaken
          : null),
      tenant: (value) => (choosesTenant && value === '' ? words.tenantFault : null),
    },
  });
  const submit = form.onSubmit((values) => {
    setFailure(undefined);
    create.mutate(
      { body: bodyOf(values, source?.config), key },
      {
        onError: (error) => {
          // What is wrong with a port that was not typed has no field to stand at.
          const hidden = values.port !== 'fixed' && asApiError(error).field === 'port';
          setFailure(hidden ? textOfFailure(error) : applyProblem(form, error, fields));
        },
      },
    );
  });
  if (create.data) {
    return (
      <ConnectDialog created node={create.data} password={form.values.password} onClose={onClose} />
    );
  }
  const title = source ? words.cloneTitle(source.name) : words.createTitle;
  const noTenants = tenants.data?.length === 0;
  return (
    <Modal opened onClose={onClose} title={title} size={520}>
      <form onSubmit={submit} noValidate>
        <Stack gap="md">
          {source && (
            <Text size="sm" c="dimmed">
              {words.cloneNote}
            </Text>
          )}
          {choosesTenant && (
            <Select
              label={words.tenant}
              data={(tenants.data ?? [])
                .filter((one) => one.state === 'active')
                .map((one) => one.name)}
              searchable
              limit={100}
              description={noTenants ? words.noTenants : undefined}
              error={form.errors.tenant}
              value={form.values.tenant === '' ? null : form.values.tenant}
              onChange={(value) => form.setValues({ tenant: value ?? '' })}
            />
          )}
          <TextInput
            data-autofocus
            label={words.name}
            description={words.nameHint}
            autoComplete="off"
            spellCheck={false}
            {...form.getInputProps('name')}
          />
          <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md">
            <TextInput
              label={words.memory}
              placeholder={words.memoryHint}
              {...form.getInputProps('memory')}
            />
            <Select
              label={words.policy}
              allowDeselect={false}
              data={evictionPolicies.map((value) => ({ value, label: words.policies[value] }))}
              comboboxProps={{ width: 320, position: 'bottom-end' }}
              {...form.getInputProps('policy')}
            />
          </SimpleGrid>
          <Group align="flex-end" gap="xs" wrap="nowrap">
            <PasswordInput
              flex={1}
              label={words.password}
              description={words.passwordHint}
              autoComplete="new-password"
              {...form.getInputProps('password')}
            />
            <Button
              variant="default"
              size="sm"
              onClick={() => form.setValues({ password: newPassword() })}
            >
              {words.generate}
            </Button>
          </Group>
          <Group align="flex-end" gap="md">
            <Stack gap={4}>
              <Text size="sm" fw={500} id="port-choice">
                {words.port}
              </Text>
              <SegmentedControl
                size="xs"
                aria-labelledby="port-choice"
                data={Object.entries(words.ports).map(([value, label]) => ({ value, label }))}
                {...form.getInputProps('port')}
              />
            </Stack>
            {form.values.port === 'fixed' && (
              <TextInput
                label={words.portNumber}
                w={120}
                inputMode="numeric"
                {...form.getInputProps('portNumber')}
              />
            )}
          </Group>
          <Limits inputProps={form.getInputProps} />
          {failure !== undefined && (
            <Text size="sm" c="var(--bad)" role="alert">
              {failure}
            </Text>
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {strings.common.cancel}
            </Button>
            <Button type="submit" loading={create.isPending}>
              {words.submit}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

function Limits({ inputProps }: { inputProps: (field: keyof CreateValues) => object }) {
  return (
    <fieldset style={{ margin: 0, padding: 0, border: 0 }}>
      <Text component="legend" size="sm" fw={500} mb={4}>
        {words.limits}{' '}
        <Text span size="xs" c="dimmed">
          {words.limitsHint}
        </Text>
      </Text>
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
        <TextInput
          size="xs"
          label={words.maxClients}
          placeholder={words.byDefault}
          inputMode="numeric"
          {...inputProps('maxClients')}
        />
        <TextInput
          size="xs"
          label={words.ops}
          placeholder={words.byDefault}
          inputMode="numeric"
          {...inputProps('ops')}
        />
        <TextInput
          size="xs"
          label={words.bytes}
          placeholder={words.byDefault}
          {...inputProps('bytes')}
        />
        <TextInput
          size="xs"
          label={words.wait}
          placeholder={words.byDefault}
          inputMode="numeric"
          title={words.waitHint}
          {...inputProps('wait')}
        />
      </SimpleGrid>
    </fieldset>
  );
}
