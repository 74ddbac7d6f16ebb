import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { type SyntheticEvent, useState } from 'react';

import { strings } from '~/strings';

interface TypedConfirmProps {
  title: string;
  detail: string;
  word: string; // what has to be typed
  prompt: string; // says so
  submit: string;
  pending: boolean;
  failure?: string | undefined;
  onConfirm: () => void;
  onClose: () => void;
}

// For what cannot be taken back.
export function TypedConfirm(props: TypedConfirmProps) {
  const { title, detail, word, prompt, submit, pending, failure, onConfirm, onClose } = props;
  const [typed, setTyped] = useState('');
  const onSubmit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (typed === word) onConfirm();
  };
  return (
    <Modal opened onClose={onClose} title={title}>
      <form onSubmit={onSubmit}>
        <Stack gap="md">
          <Text c="dimmed">{detail}</Text>
          <TextInput
            data-autofocus
            label={prompt}
            autoComplete="off"
            spellCheck={false}
            value={typed}
            error={failure}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {strings.common.cancel}
            </Button>
            <Button type="submit" color="red" disabled={typed !== word} loading={pending}>
              {submit}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
