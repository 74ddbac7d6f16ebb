import { Modal, Select, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { plansQuery, useCreateTenant, useUpdateTenant } from '~/api/admin';
import { newIdempotencyKey } from '~/api/client';
import type { Tenant } from '~/api/tenants';
import { displayNameFault, tenantNameFault } from '~/pages/admin/rules';
import { admin as adminWords } from '~/strings/admin';
import { FormFoot } from '~/ui/FormFoot';
import { applyProblem } from '~/ui/forms';
import { toastDone } from '~/ui/toasts';

const words = adminWords.tenants;
const fields = { name: 'name', display_name: 'displayName', plan: 'plan' };

interface TenantDialogProps {
  tenant?: Tenant;
  platform: boolean; // who may choose the plan
  onClose: () => void;
}

export function TenantDialog({ tenant, platform, onClose }: TenantDialogProps) {
  const plans = useQuery({ ...plansQuery, enabled: platform });
  const [failure, setFailure] = useState<string>();
  const [key] = useState(newIdempotencyKey);
  const create = useCreateTenant();
  const update = useUpdateTenant();
  const form = useForm({
    initialValues: {
      name: tenant?.name ?? '',
      displayName: tenant?.display_name ?? '',
      plan: tenant?.plan ?? 'standard',
    },
    validateInputOnChange: true,
    validate: { name: tenantNameFault, displayName: displayNameFault },
  });
  const submit = form.onSubmit(({ name, displayName, plan }) => {
    setFailure(undefined);
    const onError = (error: unknown) => setFailure(applyProblem(form, error, fields));
    const onSuccess = () => {
      toastDone(tenant ? words.changed(name) : words.made(name));
      onClose();
    };
    const body = { display_name: displayName, ...(platform && { plan }) };
    if (tenant) update.mutate({ tenant, body }, { onSuccess, onError });
    else create.mutate({ body: { ...body, name }, key }, { onSuccess, onError });
  });
  const names = plans.data?.map((one) => one.name) ?? [];
  return (
    <Modal
      opened
      onClose={onClose}
      title={tenant ? words.editTitle(tenant.name) : words.create}
      size={420}
    >
      <form onSubmit={submit} noValidate>
        <Stack gap="sm">
          {!tenant && (
            <TextInput
              data-autofocus
              label={words.name}
              description={words.nameHint}
              autoComplete="off"
              {...form.getInputProps('name')}
            />
          )}
          <TextInput
            {...(tenant && { 'data-autofocus': true })}
            label={words.displayName}
            {...form.getInputProps('displayName')}
          />
          {platform && (
            <Select
              label={words.plan}
              data={names.includes(form.values.plan) ? names : [form.values.plan, ...names]}
              allowDeselect={false}
              searchable
              {...form.getInputProps('plan')}
            />
          )}
          <FormFoot
            failure={failure}
            submit={tenant ? words.save : words.create}
            pending={create.isPending || update.isPending}
            onClose={onClose}
          />
        </Stack>
      </form>
    </Modal>
  );
}
