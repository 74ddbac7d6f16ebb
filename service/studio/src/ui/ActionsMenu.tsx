import { ActionIcon, Menu } from '@mantine/core';
import { IconDots } from '@tabler/icons-react';
import type { ReactNode } from 'react';

interface ActionsMenuProps {
  label: string; // "Actions of ..."
  width: number;
  children: ReactNode; // Menu.Item and its like
}

// The dots at the end of a row, and what they open.
export function ActionsMenu({ label, width, children }: ActionsMenuProps) {
  return (
    <Menu width={width}>
      <Menu.Target>
        <ActionIcon aria-label={label}>
          <IconDots size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>{children}</Menu.Dropdown>
    </Menu>
  );
}
