import { Button } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { asText, run } from '~/api/commands';
import { formatBytes, formatDuration } from '~/format';
import type { SectionProps } from '~/pages/instance/section';
import { instance as instanceWords } from '~/strings/instance';
import { Confirm } from '~/ui/Confirm';
import { textOfFailure } from '~/ui/forms';
import { Panel } from '~/ui/Page';
import { HiddenHeader } from '~/ui/HiddenHeader';
import sections from '~/ui/sections.module.css';
import { EmptyState, QueryView } from '~/ui/states';
import { toastDone } from '~/ui/toasts';

const words = instanceWords.clients;

export type ClientFields = ReadonlyMap<string, string>;

// The lines of CLIENT LIST: "id=3 addr=127.0.0.1:4567 name= …". A name has no spaces in it.
export function readClients(text: string): ClientFields[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(
      (line) =>
        new Map(
          line.split(' ').map((field): [string, string] => {
            const at = field.indexOf('=');
            return [field.slice(0, at), field.slice(at + 1)];
          }),
        ),
    );
}

function clientsQuery(node: string) {
  return {
    queryKey: ['nodes', node, 'clients'],
    queryFn: async ({ signal }: { signal: AbortSignal }) =>
      readClients(asText(await run({ node, signal }, 'CLIENT', 'LIST'))),
    refetchInterval: 3_000,
  };
}

export default function Clients({ node, mayWrite }: SectionProps) {
  const query = useQuery(clientsQuery(node.id));
  const [asked, setAsked] = useState<ClientFields>();
  return (
    <Panel title={instanceWords.tabs.clients} flush>
      <QueryView query={query}>
        {(clients) =>
          clients.length === 0 ? (
            <EmptyState title={words.none} detail={words.noneDetail} />
          ) : (
            <List clients={clients} onKill={mayWrite ? setAsked : undefined} />
          )
        }
      </QueryView>
      {asked !== undefined && (
        <Kill node={node.id} client={asked} onClose={() => setAsked(undefined)} />
      )}
    </Panel>
  );
}

interface ListProps {
  clients: ClientFields[];
  onKill: ((client: ClientFields) => void) | undefined;
}

function List({ clients, onKill }: ListProps) {
  const seconds = (client: ClientFields, field: string) =>
    formatDuration(Number(client.get(field) ?? NaN));
  return (
    <div className={sections.scroll}>
      <table className={sections.rows}>
        <thead>
          <tr>
            <th scope="col">{words.id}</th>
            <th scope="col">{words.address}</th>
            <th scope="col">{words.name}</th>
            <th scope="col">{words.user}</th>
            <th scope="col">{words.database}</th>
            <th scope="col">{words.age}</th>
            <th scope="col">{words.idle}</th>
            <th scope="col">{words.command}</th>
            <th scope="col">{words.memory}</th>
            {onKill && <HiddenHeader label={words.kill} />}
          </tr>
        </thead>
        <tbody className="number">
          {clients.map((client) => (
            <tr key={client.get('id')}>
              <td>{client.get('id')}</td>
              <td className="mono">{client.get('addr')}</td>
              <td>{client.get('name')}</td>
              <td>{client.get('user')}</td>
              <td>{client.get('db')}</td>
              <td className={sections.tight}>{seconds(client, 'age')}</td>
              <td className={sections.tight}>{seconds(client, 'idle')}</td>
              <td className="mono">{client.get('cmd')}</td>
              <td className={sections.tight}>
                {formatBytes(Number(client.get('tot-mem') ?? NaN))}
              </td>
              {onKill && (
                <td className={sections.end}>
                  <Button variant="subtle" color="red" onClick={() => onKill(client)}>
                    {words.kill}
                  </Button>
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface KillProps {
  node: string;
  client: ClientFields;
  onClose: () => void;
}

function Kill({ node, client, onClose }: KillProps) {
  const queries = useQueryClient();
  const kill = useMutation({
    mutationFn: () => run({ node }, 'CLIENT', 'KILL', 'ID', client.get('id') ?? ''),
    onSuccess: () => {
      toastDone(words.killed);
      void queries.invalidateQueries({ queryKey: clientsQuery(node).queryKey });
      onClose();
    },
  });
  return (
    <Confirm
      title={words.killTitle(client.get('addr') ?? '')}
      detail={words.killDetail}
      submit={words.kill}
      danger
      pending={kill.isPending}
      failure={kill.error === null ? undefined : textOfFailure(kill.error)}
      onConfirm={() => kill.mutate()}
      onClose={onClose}
    />
  );
}
