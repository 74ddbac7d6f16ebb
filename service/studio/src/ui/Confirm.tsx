import { Button, Group, Modal, Text } from '@mantine/core';

import { strings } from '~/strings';

interface ConfirmProps {
  title: string;
  detail: string;
  submit: string;
  pending: boolean;
  failure?: string | undefined;
  danger?: boolean;
  onConfirm: () => void;
  onClose: () => void;
}

// For what is asked once more, but can be put right.
export function Confirm(props: ConfirmProps) {
  const { title, detail, submit, pending, failure, danger, onConfirm, onClose } = props;
  return (
    <Modal opened onClose={onClose} title={title} size="sm">
      <Text c="dimmed">{detail}</Text>
      {failure !== undefined && (
        <Text size="sm" c="var(--bad)" role="alert" mt="sm">
          {failure}
        </Text>
      )}
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={onClose}>
          {strings.common.cancel}
        </Button>
        <Button
          data-autofocus
          {...(danger && { color: 'red' })}
          loading={pending}
          onClick={onConfirm}
        >
          {submit}
        </Button>
      </Group>
    </Modal>
  );
}
