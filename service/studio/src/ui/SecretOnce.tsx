import { Button, Group, Modal, Stack, Text } from '@mantine/core';

import { CopyButton } from '~/ui/CopyButton';
import classes from '~/ui/SecretOnce.module.css';

interface SecretOnceProps {
  title: string;
  label: string;
  secret: string;
  note: string;
  copy: string;
  done: string;
  onClose: () => void;
}

// What is shown once: it closes by its button alone, so that no stray click takes it away.
export function SecretOnce({ title, label, secret, note, copy, done, onClose }: SecretOnceProps) {
  return (
    <Modal
      opened
      onClose={onClose}
      title={title}
      closeOnClickOutside={false}
      closeOnEscape={false}
      withCloseButton={false}
    >
      <Stack gap="md">
        <Text c="dimmed">{note}</Text>
        <div className={classes.box} role="group" aria-label={label}>
          <code className={`${classes.secret} mono`}>{secret}</code>
          <CopyButton value={secret} label={copy} />
        </div>
        <Group justify="flex-end">
          <Button data-autofocus onClick={onClose}>
            {done}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
