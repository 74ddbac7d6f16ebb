import { Button, Group, Modal, Text } from '@mantine/core';

import { type Node, useNodeAction } from '~/api/nodes';
import { strings } from '~/strings';
import { toastDone, toastError } from '~/ui/toasts';

const words = strings.instances;

const texts = {
  stop: {
    title: words.stopTitle,
    detail: words.stopDetail,
    submit: words.stop,
    done: words.stopped,
  },
  restart: {
    title: words.restartTitle,
    detail: words.restartDetail,
    submit: words.restart,
    done: words.restarted,
  },
};

interface ConfirmActionProps {
  node: Node;
  action: 'stop' | 'restart';
  onClose: () => void;
}

export function ConfirmAction({ node, action, onClose }: ConfirmActionProps) {
  const text = texts[action];
  const run = useNodeAction();
  const confirm = () => {
    run.mutate(
      { id: node.id, action },
      {
        onSuccess: () => {
          toastDone(text.done(node.name));
          onClose();
        },
        onError: toastError,
      },
    );
  };
  return (
    <Modal opened onClose={onClose} title={text.title(node.name)} size="sm">
      <Text c="dimmed">{text.detail}</Text>
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={onClose}>
          {strings.common.cancel}
        </Button>
        <Button data-autofocus loading={run.isPending} onClick={confirm}>
          {text.submit}
        </Button>
      </Group>
    </Modal>
  );
}
