import { Checkbox, Modal, Select, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { IconTicket } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { tokensQuery, useCreateToken, useRevokeToken } from '~/api/admin';
import { newIdempotencyKey } from '~/api/client';
import { type Node, nodesQuery } from '~/api/nodes';
import type { SectionProps } from '~/pages/admin';
import { CredentialPanel } from '~/pages/admin/CredentialPanel';
import { expiryOf, keyNameFault } from '~/pages/admin/rules';
import { useMay } from '~/session/hooks';
import { admin as adminWords } from '~/strings/admin';
import { FormFoot } from '~/ui/FormFoot';
import { applyProblem } from '~/ui/forms';
import { SecretOnce } from '~/ui/SecretOnce';
import { EmptyState, QueryView } from '~/ui/states';

const words = adminWords.keys;
const lives = Object.entries(words.lives).map(([value, label]) => ({ value, label }));

export default function Tokens({ tenant }: SectionProps) {
  const query = useQuery(nodesQuery);
  const [chosen, choose] = useState<string>();
  return (
    <QueryView query={query}>
      {(nodes) => {
        const own = nodes.filter((one) => one.tenant === tenant);
        const node = own.find((one) => one.id === chosen) ?? own[0];
        if (node === undefined) return <EmptyState title={words.noNodes} />;
        return (
          <>
            <Select
              size="xs"
              w={240}
              maw="100%"
              label={words.node}
              data={own.map((one) => ({ value: one.id, label: one.name }))}
              searchable
              allowDeselect={false}
              value={node.id}
              onChange={(value) => choose(value ?? node.id)}
            />
            <OfNode key={node.id} node={node} />
          </>
        );
      }}
    </QueryView>
  );
}

function OfNode({ node }: { node: Node }) {
  return (
    <CredentialPanel
      label={adminWords.sections.tokens}
      query={useQuery(tokensQuery(node.id))}
      create={words.createToken}
      empty={{
        icon: <IconTicket size={18} />,
        title: words.emptyTokens,
        detail: words.emptyTokensDetail,
      }}
      header={words.access}
      describe={(one) => (one.read_only ? words.readOnlyShort : words.readWrite)}
      mayChange={useMay('keys:write')}
      revoke={useRevokeToken(node.id)}
      dialog={(onClose) => <TokenDialog node={node} onClose={onClose} />}
    />
  );
}

function TokenDialog({ node, onClose }: { node: Node; onClose: () => void }) {
  const [failure, setFailure] = useState<string>();
  const [key] = useState(newIdempotencyKey);
  const create = useCreateToken(node.id);
  const form = useForm({
    initialValues: { name: '', readOnly: false, life: '7776000' },
    validateInputOnChange: true,
    validate: { name: keyNameFault },
  });
  const submit = form.onSubmit(({ name, readOnly, life }) => {
    setFailure(undefined);
    const expires = expiryOf(life);
    const body = {
      name: name.trim(),
      read_only: readOnly,
      ...(expires !== undefined && { expires_at: expires }),
    };
    const onError = (error: unknown) =>
      setFailure(applyProblem(form, error, { name: 'name', expires_at: 'life' }));
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
  return (
    <Modal opened onClose={onClose} title={words.createTokenTitle} size={420}>
      <form onSubmit={submit} noValidate>
        <Stack gap="sm">
          <TextInput data-autofocus label={words.name} {...form.getInputProps('name')} />
          <Checkbox
            label={words.readOnly}
            {...form.getInputProps('readOnly', { type: 'checkbox' })}
          />
          <Select
            label={words.expires}
            data={lives}
            allowDeselect={false}
            {...form.getInputProps('life')}
          />
          <FormFoot
            failure={failure}
            submit={words.createToken}
            pending={create.isPending}
            onClose={onClose}
          />
        </Stack>
      </form>
    </Modal>
  );
}
