import { Checkbox, Modal, Select, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

import { type Role, useInvite, useInviteToPlatform } from '~/api/admin';
import { tenantsQuery } from '~/api/tenants';
import { isEmail, linkTo, rolesUpTo } from '~/pages/admin/rules';
import { useSignedIn } from '~/session/hooks';
import { admin as adminWords } from '~/strings/admin';
import { FormFoot } from '~/ui/FormFoot';
import { applyProblem } from '~/ui/forms';
import { SecretOnce } from '~/ui/SecretOnce';
import { toastDone } from '~/ui/toasts';

const words = adminWords.people;

interface Values {
  email: string;
  role: Role;
  tenant: string;
  platformAdmin: boolean;
}

interface InviteDialogProps {
  tenant?: string; // without one: to the platform
  platform: boolean;
  onClose: () => void;
}

export function InviteDialog({ tenant, platform, onClose }: InviteDialogProps) {
  const session = useSignedIn();
  const tenants = useQuery({ ...tenantsQuery, enabled: tenant === undefined });
  const [failure, setFailure] = useState<string>();
  const toTenant = useInvite(tenant ?? '');
  const toPlatform = useInviteToPlatform();
  const form = useForm<Values>({
    initialValues: { email: '', role: 'member', tenant: '', platformAdmin: false },
    validateInputOnBlur: true,
    validate: { email: (value) => (isEmail(value) ? null : words.emailFault) },
  });
  const made = toTenant.data ?? toPlatform.data;
  const mailed = made?.token === null || made?.token === undefined;
  useEffect(() => {
    if (made === undefined || !mailed) return;
    toastDone(words.mailed(made.email));
    onClose();
  }, [made, mailed, onClose]);
  const submit = form.onSubmit((values) => {
    setFailure(undefined);
    const email = values.email.trim();
    const onError = (error: unknown) =>
      setFailure(applyProblem(form, error, { email: 'email', role: 'role', tenant: 'tenant' }));
    if (tenant !== undefined) {
      toTenant.mutate({ email, role: values.role }, { onError });
      return;
    }
    const place = values.tenant === '' ? {} : { tenant: values.tenant, role: values.role };
    toPlatform.mutate({ email, platform_admin: values.platformAdmin, ...place }, { onError });
  });
  if (made?.token) {
    return (
      <SecretOnce
        title={words.invited(made.email)}
        label={words.link}
        secret={linkTo('accept-invitation', made.token)}
        note={words.handOver(made.email)}
        copy={words.copyLink}
        done={words.done}
        onClose={onClose}
      />
    );
  }
  const inTenant = tenant !== undefined || form.values.tenant !== '';
  const title = tenant === undefined ? words.invitePlatformTitle : words.inviteTitle(tenant);
  return (
    <Modal opened onClose={onClose} title={title} size={420}>
      <form onSubmit={submit} noValidate>
        <Stack gap="sm">
          <TextInput
            data-autofocus
            type="email"
            label={words.email}
            autoComplete="off"
            {...form.getInputProps('email')}
          />
          {tenant === undefined && (
            <>
              <Checkbox
                label={words.platformAdmin}
                {...form.getInputProps('platformAdmin', { type: 'checkbox' })}
              />
              <Select
                label={words.tenant}
                placeholder={words.noTenant}
                data={tenants.data?.map((one) => one.name) ?? []}
                searchable
                clearable
                {...form.getInputProps('tenant')}
                value={form.values.tenant === '' ? null : form.values.tenant}
                onChange={(value: string | null) => form.setFieldValue('tenant', value ?? '')}
              />
            </>
          )}
          {inTenant && (
            <>
              <Select
                label={words.role}
                data={rolesUpTo(session?.role ?? null, platform).map((one) => ({
                  value: one,
                  label: words.roles[one],
                }))}
                allowDeselect={false}
                {...form.getInputProps('role')}
              />
              <Text size="xs" c="dimmed">
                {words.roleHints[form.values.role]}
              </Text>
            </>
          )}
          <FormFoot
            failure={failure}
            submit={words.invite}
            pending={toTenant.isPending || toPlatform.isPending}
            onClose={onClose}
          />
        </Stack>
      </form>
    </Modal>
  );
}
