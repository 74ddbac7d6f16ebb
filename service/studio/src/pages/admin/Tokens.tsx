import { Button, Checkbox, Modal, Select, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { IconPlus, IconTicket } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { tokensQuery, useCreateToken, useRevokeToken } from '~/api/admin';
import { newIdempotencyKey } from '~/api/client';
import { type Node, nodesQuery } from '~/api/nodes';
import type { SectionProps } from '~/pages/admin';
import { CredentialTable } from '~/pages/admin/CredentialTable';
import { credentialState, expiryOf, keyNameFault } from '~/pages/admin/rules';
import { useMay } from '~/session/hooks';
import { admin as adminWords } from '~/strings/admin';
import { FormFoot } from '~/ui/FormFoot';
import { applyProblem } from '~/ui/forms';
import { Panel } from '~/ui/Page';
import { SecretOnce } from '~/ui/SecretOnce';
import { EmptyState, QueryView } from '~/ui/states';
import { Toggle } from '~/ui/Toggle';

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
  const query = useQuery(tokensQuery(node.id));
  const mayChange = useMay('keys:write');
  const [creating, create] = useState(false);
  const [old, showOld] = useState(false);
  const revoke = useRevokeToken(node.id);
  const actions = (
    <>
      <Toggle
        label={words.showRevoked}
        checked={old}
        onChange={(event) => showOld(event.currentTarget.checked)}
      />
      {mayChange && (
        <Button leftSection={<IconPlus size={14} />} onClick={() => create(true)}>
          {words.createToken}
        </Button>
      )}
    </>
  );
  return (
    <Panel title={adminWords.sections.tokens} actions={actions} flush>
      <QueryView query={query}>
        {(tokens) => {
          const shown = tokens.filter((one) => old || credentialState(one) === 'active');
          if (shown.length === 0) {
            return (
              <EmptyState
                compact
                icon={<IconTicket size={18} />}
                title={words.emptyTokens}
                detail={words.emptyTokensDetail}
              />
            );
          }
          return (
            <CredentialTable
              label={adminWords.sections.tokens}
              items={shown}
              header={words.access}
              describe={(one) => (one.read_only ? words.readOnlyShort : words.readWrite)}
              mayChange={mayChange}
              revoke={revoke}
            />
          );
        }}
      </QueryView>
      {creating && <TokenDialog node={node} onClose={() => create(false)} />}
    </Panel>
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
