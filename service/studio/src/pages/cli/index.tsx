import { Select } from '@mantine/core';
import { IconTerminal2 } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useSearchParams } from 'react-router';

import { type Node, nodesQuery } from '~/api/nodes';
import { ShellView } from '~/shell/ShellView';
import { cli as cliWords } from '~/strings/cli';
import { Page } from '~/ui/Page';
import { EmptyState, QueryView } from '~/ui/states';

const words = cliWords;
const databases = Array.from({ length: 16 }, (_, index) => ({
  value: String(index),
  label: words.database(index),
}));

export default function Cli() {
  const query = useQuery(nodesQuery);
  const [parameters, setParameters] = useSearchParams();
  const running = (query.data ?? []).filter((node) => node.state === 'running');
  const wanted = parameters.get('instance');
  const chosen = running.find((node) => node.id === wanted) ?? running[0];
  const database = Number(parameters.get('db') ?? 0);
  const set = (name: string, value: string) => {
    setParameters(
      (before) => {
        const next = new URLSearchParams(before);
        next.set(name, value);
        return next;
      },
      { replace: true },
    );
  };
  const pickers = running.length > 0 && (
    <>
      <Select
        size="xs"
        w={220}
        searchable
        limit={100}
        allowDeselect={false}
        aria-label={words.instance}
        data={running.map((node) => ({ value: node.id, label: labelOf(node) }))}
        value={chosen?.id ?? null}
        onChange={(value) => value !== null && set('instance', value)}
      />
      <Select
        size="xs"
        w={82}
        allowDeselect={false}
        aria-label={words.databaseLabel}
        data={databases}
        value={String(database)}
        onChange={(value) => value !== null && set('db', value)}
      />
    </>
  );
  return (
    <Page title={words.title} layout="fill" actions={pickers}>
      <QueryView query={query}>
        {() =>
          chosen === undefined ? (
            <EmptyState
              icon={<IconTerminal2 size={18} />}
              title={words.noneRunning}
              detail={words.noneRunningDetail}
            />
          ) : (
            <ShellView key={`${chosen.id} ${database}`} node={chosen} database={database} />
          )
        }
      </QueryView>
    </Page>
  );
}

function labelOf(node: Node): string {
  return `${node.tenant} / ${node.name}`;
}
