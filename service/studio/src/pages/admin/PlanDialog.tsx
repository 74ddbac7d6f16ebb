import { Modal, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';

import { type Plan, useCreatePlan, useUpdatePlan } from '~/api/admin';
import { newIdempotencyKey } from '~/api/client';
import { planBody, planValidation, type PlanValues, planValues } from '~/pages/admin/rules';
import { admin as adminWords } from '~/strings/admin';
import { FormFoot } from '~/ui/FormFoot';
import { applyProblem } from '~/ui/forms';
import { toastDone } from '~/ui/toasts';

const words = adminWords.plans;
const fields = {
  name: 'name',
  memory_bytes: 'memory',
  max_nodes: 'nodes',
  max_connections: 'connections',
  ops_per_second: 'ops',
  bytes_per_second: 'bytes',
};

export function PlanDialog({ plan, onClose }: { plan?: Plan; onClose: () => void }) {
  const [failure, setFailure] = useState<string>();
  const [key] = useState(newIdempotencyKey);
  const create = useCreatePlan();
  const update = useUpdatePlan();
  const form = useForm<PlanValues>({
    initialValues: planValues(plan),
    validateInputOnChange: true,
    validate: planValidation,
  });
  const submit = form.onSubmit((values) => {
    setFailure(undefined);
    const onError = (error: unknown) => setFailure(applyProblem(form, error, fields));
    const onSuccess = () => {
      toastDone(plan ? words.changed(values.name) : words.made(values.name));
      onClose();
    };
    const body = planBody(values, plan);
    if (plan) update.mutate({ plan, body }, { onSuccess, onError });
    else create.mutate({ body: { ...body, name: values.name }, key }, { onSuccess, onError });
  });
  return (
    <Modal
      opened
      onClose={onClose}
      title={plan ? words.editTitle(plan.name) : words.create}
      size={460}
    >
      <form onSubmit={submit} noValidate>
        <Stack gap="sm">
          {!plan && <TextInput data-autofocus label={words.name} {...form.getInputProps('name')} />}
          <Text size="xs" c="dimmed">
            {words.hint}
          </Text>
          <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
            <TextInput label={words.memory} {...form.getInputProps('memory')} />
            <TextInput label={words.nodes} inputMode="numeric" {...form.getInputProps('nodes')} />
            <TextInput
              label={words.connections}
              inputMode="numeric"
              {...form.getInputProps('connections')}
            />
            <TextInput label={words.ops} inputMode="numeric" {...form.getInputProps('ops')} />
            <TextInput label={words.bytes} {...form.getInputProps('bytes')} />
          </SimpleGrid>
          <FormFoot
            failure={failure}
            submit={plan ? words.save : words.create}
            pending={create.isPending || update.isPending}
            onClose={onClose}
          />
        </Stack>
      </form>
    </Modal>
  );
}
