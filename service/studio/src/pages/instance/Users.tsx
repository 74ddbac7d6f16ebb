import { Button, Modal, Stack, TextInput, Textarea } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type SyntheticEvent, useState } from 'react';

import {
  asFields,
  asList,
  asText,
  type Call,
  isList,
  type Reply,
  run,
  runAll,
} from '~/api/commands';
import { formatNumber, formatTime } from '~/format';
import type { SectionProps } from '~/pages/instance/section';
import { parseLine } from '~/shell/line';
import { strings } from '~/strings';
import { instance as instanceWords } from '~/strings/instance';
import { Confirm } from '~/ui/Confirm';
import { FormFoot } from '~/ui/FormFoot';
import { textOfFailure } from '~/ui/forms';
import { Panel } from '~/ui/Page';
import { HiddenHeader } from '~/ui/HiddenHeader';
import sections from '~/ui/sections.module.css';
import { EmptyState, QueryView } from '~/ui/states';
import { toastDone } from '~/ui/toasts';

const words = instanceWords.users;

interface AclUser {
  name: string;
  on: boolean;
  commands: string;
  keys: string;
  channels: string;
}

// Of ACL GETUSER. Keys and channels are texts from Redis 7 on, lists before.
export function readUser(name: string, reply: Reply): AclUser {
  const fields = asFields(reply);
  const text = (field: string) => {
    const value = fields.get(field) ?? '';
    return isList(value) ? value.map(asText).join(' ') : asText(value);
  };
  return {
    name,
    on: text('flags').split(' ').includes('on'),
    commands: text('commands'),
    keys: text('keys'),
    channels: text('channels'),
  };
}

interface Refusal {
  count: number;
  reason: string;
  object: string;
  user: string;
  at: string;
}

function readRefusals(reply: Reply): Refusal[] {
  return asList(reply).map((entry) => {
    const fields = asFields(entry);
    const text = (field: string) => asText(fields.get(field) ?? '');
    return {
      count: Number(text('count')),
      reason: text('reason'),
      object: text('object'),
      user: text('username'),
      at: new Date(Number(text('timestamp-last-updated')) || Date.now()).toISOString(),
    };
  });
}

function usersQuery(node: string) {
  return {
    queryKey: ['nodes', node, 'acl'],
    queryFn: async ({ signal }: { signal: AbortSignal }) => {
      const call: Call = { node, signal };
      const names = asList(await run(call, 'ACL', 'USERS')).map(asText);
      const replies = await runAll(call, [
        ...names.map((name) => ['ACL', 'GETUSER', name]),
        ['ACL', 'LOG', '50'],
      ]);
      return {
        users: names.map((name, at) => readUser(name, replies[at] ?? null)),
        refusals: readRefusals(replies.at(-1) ?? null),
      };
    },
    retry: false,
  };
}

type Asked = { kind: 'edit'; name: string } | { kind: 'remove'; name: string };

export default function Users({ node, mayWrite }: SectionProps) {
  const query = useQuery(usersQuery(node.id));
  const [asked, setAsked] = useState<Asked>();
  return (
    <>
      <Panel
        title={instanceWords.tabs.users}
        flush
        actions={
          mayWrite && (
            <Button
              leftSection={<IconPlus size={14} />}
              onClick={() => setAsked({ kind: 'edit', name: '' })}
            >
              {words.create}
            </Button>
          )
        }
      >
        <QueryView query={query}>
          {({ users }) => <List users={users} mayWrite={mayWrite} onAsk={setAsked} />}
        </QueryView>
      </Panel>
      <Panel title={words.log} flush>
        <QueryView query={query} compact>
          {({ refusals }) =>
            refusals.length === 0 ? (
              <EmptyState compact title={words.logNone} />
            ) : (
              <Refusals refusals={refusals} />
            )
          }
        </QueryView>
      </Panel>
      {asked?.kind === 'edit' && (
        <Edit node={node.id} name={asked.name} onClose={() => setAsked(undefined)} />
      )}
      {asked?.kind === 'remove' && (
        <Remove node={node.id} name={asked.name} onClose={() => setAsked(undefined)} />
      )}
    </>
  );
}

interface ListProps {
  users: AclUser[];
  mayWrite: boolean;
  onAsk: (asked: Asked) => void;
}

function List({ users, mayWrite, onAsk }: ListProps) {
  return (
    <div className={sections.scroll}>
      <table className={sections.rows}>
        <thead>
          <tr>
            <th scope="col">{words.name}</th>
            <th scope="col">{words.state}</th>
            <th scope="col">{words.commands}</th>
            <th scope="col">{words.keys}</th>
            <th scope="col">{words.channels}</th>
            {mayWrite && <HiddenHeader label={strings.instances.columns.actions} />}
          </tr>
        </thead>
        <tbody>
          {users.map((user) => (
            <tr key={user.name}>
              <td>{user.name}</td>
              <td>{user.on ? words.on : words.off}</td>
              <td className="mono">{user.commands}</td>
              <td className="mono">{user.keys}</td>
              <td className="mono">{user.channels}</td>
              {mayWrite && (
                <td className={sections.end}>
                  <Button variant="subtle" onClick={() => onAsk({ kind: 'edit', name: user.name })}>
                    {words.edit}
                  </Button>
                  {user.name !== 'default' && (
                    <Button
                      variant="subtle"
                      color="red"
                      onClick={() => onAsk({ kind: 'remove', name: user.name })}
                    >
                      {words.remove}
                    </Button>
                  )}
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Refusals({ refusals }: { refusals: Refusal[] }) {
  return (
    <table className={sections.rows}>
      <thead>
        <tr>
          <th scope="col">{words.last}</th>
          <th scope="col">{words.name}</th>
          <th scope="col">{words.reason}</th>
          <th scope="col">{words.object}</th>
          <th scope="col" className={sections.end}>
            {words.count}
          </th>
        </tr>
      </thead>
      <tbody>
        {refusals.map((one, index) => (
          <tr key={index}>
            <td className={`${sections.tight} number`}>{formatTime(one.at)}</td>
            <td>{one.user}</td>
            <td>{one.reason}</td>
            <td className="mono">{one.object}</td>
            <td className={`${sections.end} number`}>{formatNumber(one.count)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface DialogProps {
  node: string;
  name: string;
  onClose: () => void;
}

function Edit({ node, name, onClose }: DialogProps) {
  const [user, setUser] = useState(name);
  const [rules, setRules] = useState('');
  const queries = useQueryClient();
  const save = useMutation({
    mutationFn: () => {
      const parsed = parseLine(rules).words.map((word) => word.text);
      return run({ node }, 'ACL', 'SETUSER', user, ...parsed);
    },
    onSuccess: () => {
      toastDone(words.saved(user));
      void queries.invalidateQueries({ queryKey: usersQuery(node).queryKey });
      onClose();
    },
  });
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Modal opened onClose={onClose} title={words.title(name)}>
      <form onSubmit={submit}>
        <Stack gap="md">
          {name === '' && (
            <TextInput
              data-autofocus
              required
              label={words.nameLabel}
              autoComplete="off"
              value={user}
              onChange={(event) => setUser(event.currentTarget.value)}
            />
          )}
          <Textarea
            label={words.rules}
            description={words.rulesHint}
            autosize
            minRows={3}
            maxRows={12}
            spellCheck={false}
            value={rules}
            onChange={(event) => setRules(event.currentTarget.value)}
          />
          <FormFoot
            failure={save.error === null ? undefined : textOfFailure(save.error)}
            submit={strings.common.save}
            pending={save.isPending}
            onClose={onClose}
          />
        </Stack>
      </form>
    </Modal>
  );
}

function Remove({ node, name, onClose }: DialogProps) {
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: () => run({ node }, 'ACL', 'DELUSER', name),
    onSuccess: () => {
      toastDone(words.removed(name));
      void queries.invalidateQueries({ queryKey: usersQuery(node).queryKey });
      onClose();
    },
  });
  return (
    <Confirm
      title={words.removeTitle(name)}
      detail={words.removeDetail}
      submit={words.remove}
      danger
      pending={remove.isPending}
      failure={remove.error === null ? undefined : textOfFailure(remove.error)}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    />
  );
}
