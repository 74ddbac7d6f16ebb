import { Modal, Select, Stack, Textarea, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type SyntheticEvent, useState } from 'react';

import type { Call } from '~/api/commands';
import { createKey, type ValueType, valueTypes } from '~/keys/value';
import { strings } from '~/strings';
import { instance as instanceWords } from '~/strings/instance';
import { FormFoot } from '~/ui/FormFoot';
import { textOfFailure } from '~/ui/forms';

const words = instanceWords.keys;

interface NewKeyProps {
  call: Call;
  onClose: () => void;
  onCreated: (key: string) => void;
}

const nameLabels: Partial<Record<ValueType, string>> = {
  hash: words.field,
  set: words.member,
  zset: words.member,
};
const valueLabels: Partial<Record<ValueType, string>> = {
  string: words.value,
  hash: words.value,
  list: words.element,
  zset: words.score,
  stream: words.fields,
};

export function NewKey({ call, onClose, onCreated }: NewKeyProps) {
  const [key, setKey] = useState('');
  const [type, setType] = useState<ValueType>('string');
  const [name, setName] = useState('');
  const [value, setValue] = useState('');
  const create = useMutation({
    mutationFn: () => createKey(call, key, type, name, value),
    onSuccess: (made) => {
      if (made) onCreated(key);
    },
  });
  const taken = create.data === false ? words.exists : undefined;
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (key !== '') create.mutate();
  };
  const nameLabel = nameLabels[type];
  const valueLabel = valueLabels[type];
  return (
    <Modal opened onClose={onClose} title={words.createTitle}>
      <form onSubmit={submit}>
        <Stack gap="md">
          <TextInput
            data-autofocus
            required
            label={words.name}
            autoComplete="off"
            spellCheck={false}
            value={key}
            error={taken}
            onChange={(event) => {
              setKey(event.currentTarget.value);
              create.reset();
            }}
          />
          <Select
            label={words.type}
            allowDeselect={false}
            data={[...valueTypes]}
            value={type}
            onChange={(chosen) => setType(chosen ?? 'string')}
          />
          {nameLabel !== undefined && (
            <TextInput
              label={nameLabel}
              required
              autoComplete="off"
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
            />
          )}
          {valueLabel !== undefined && (
            <Textarea
              label={valueLabel}
              autosize
              minRows={2}
              maxRows={10}
              required={type !== 'string' && type !== 'hash'}
              value={value}
              onChange={(event) => setValue(event.currentTarget.value)}
            />
          )}
          <FormFoot
            failure={create.error === null ? undefined : textOfFailure(create.error)}
            submit={strings.instances.form.submit}
            pending={create.isPending}
            onClose={onClose}
          />
        </Stack>
      </form>
    </Modal>
  );
}
