import { Modal, Tabs, Text } from '@mantine/core';

import type { Node } from '~/api/nodes';
import { addressOf } from '~/pages/instances/address';
import classes from '~/pages/instances/ConnectDialog.module.css';
import { snippetsOf } from '~/pages/instances/snippets';
import { strings } from '~/strings';
import { CopyButton } from '~/ui/CopyButton';

const words = strings.instances;
const placeholder = '<password>';

interface ConnectDialogProps {
  node: Node;
  password?: string; // where it was chosen just now; it is known nowhere later
  created?: boolean;
  onClose: () => void;
}

export function ConnectDialog({ node, password, created, onClose }: ConnectDialogProps) {
  const address = addressOf(node);
  const title = created ? words.created(node.name) : words.connectTitle(node.name);
  if (address === undefined) {
    return (
      <Modal opened onClose={onClose} title={title}>
        <Text c="dimmed">{words.connectNowhere}</Text>
      </Modal>
    );
  }
  const known = password !== undefined && password !== '';
  const shown = known ? password : node.password_set ? placeholder : undefined;
  const snippets = snippetsOf({ ...address, password: shown });
  return (
    <Modal opened onClose={onClose} title={title} size={600}>
      {node.state !== 'running' && (
        <Text size="sm" mb="sm">
          {words.connectStopped}
        </Text>
      )}
      <Tabs defaultValue="redis-cli" keepMounted={false}>
        <Tabs.List>
          {snippets.map(({ key, label }) => (
            <Tabs.Tab key={key} value={key}>
              {label}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {snippets.map(({ key, code }) => (
          <Tabs.Panel key={key} value={key}>
            <div className={classes.code}>
              {/* Focusable, so that it can be scrolled with the keyboard. */}
              <pre tabIndex={0}>{code}</pre>
              <div className={classes.copy}>
                <CopyButton value={code} label={words.copySnippet} />
              </div>
            </div>
          </Tabs.Panel>
        ))}
      </Tabs>
      {address.user !== undefined && <p className={classes.note}>{words.connectRouter}</p>}
      {shown === placeholder && <p className={classes.note}>{words.connectPassword}</p>}
    </Modal>
  );
}
