import { Menu } from '@mantine/core';
import {
  IconCopyPlus,
  IconDots,
  IconPlayerPlay,
  IconPlayerStop,
  IconPlugConnected,
  IconResize,
  IconRotateClockwise,
  IconTrash,
} from '@tabler/icons-react';
import { useState } from 'react';

import { type Node, useNodeAction } from '~/api/nodes';
import type { Dialog } from '~/pages/instances/dialog';
import { strings } from '~/strings';
import { IconButton } from '~/ui/IconButton';
import { toastDone, toastError } from '~/ui/toasts';

const words = strings.instances;

interface RowMenuProps {
  node: Node;
  mayChange: boolean;
  open: (dialog: Dialog) => void;
}

export function RowMenu(props: RowMenuProps) {
  const [opened, setOpened] = useState(false);
  const button = (
    <IconButton
      label={words.actionsOf(props.node.name)}
      aria-haspopup="menu"
      aria-expanded={opened}
      onClick={() => setOpened(!opened)}
    >
      <IconDots size={16} />
    </IconButton>
  );
  // Menus are heavy and rows are many: there is one only while it is open.
  if (!opened) return button;
  return (
    <Menu opened onChange={setOpened} width={170}>
      <Menu.Target>{button}</Menu.Target>
      <Menu.Dropdown>
        <Items {...props} />
      </Menu.Dropdown>
    </Menu>
  );
}

function Items({ node, mayChange, open }: RowMenuProps) {
  const action = useNodeAction();
  const running = node.state === 'running';
  const start = () => {
    action.mutate(
      { id: node.id, action: 'start' },
      { onSuccess: () => toastDone(words.started(node.name)), onError: toastError },
    );
  };
  const connect = (
    <Menu.Item
      leftSection={<IconPlugConnected size={14} />}
      onClick={() => open({ kind: 'connect', node })}
    >
      {words.connect}
    </Menu.Item>
  );
  if (!mayChange) return connect;
  return (
    <>
      {connect}
      <Menu.Divider />
      {!running && (
        <Menu.Item
          leftSection={<IconPlayerPlay size={14} />}
          disabled={node.state !== 'stopped' && node.state !== 'failed'}
          onClick={start}
        >
          {words.start}
        </Menu.Item>
      )}
      {running && (
        <Menu.Item
          leftSection={<IconPlayerStop size={14} />}
          onClick={() => open({ kind: 'stop', node })}
        >
          {words.stop}
        </Menu.Item>
      )}
      <Menu.Item
        leftSection={<IconRotateClockwise size={14} />}
        disabled={!running}
        onClick={() => open({ kind: 'restart', node })}
      >
        {words.restart}
      </Menu.Item>
      <Menu.Item
        leftSection={<IconResize size={14} />}
        onClick={() => open({ kind: 'resize', node })}
      >
        {words.resize}
      </Menu.Item>
      <Menu.Item
        leftSection={<IconCopyPlus size={14} />}
        onClick={() => open({ kind: 'clone', node })}
      >
        {words.clone}
      </Menu.Item>
      <Menu.Divider />
      <Menu.Item
        color="red"
        leftSection={<IconTrash size={14} />}
        disabled={node.state === 'deleting'}
        onClick={() => open({ kind: 'remove', node })}
      >
        {words.remove}
      </Menu.Item>
    </>
  );
}
