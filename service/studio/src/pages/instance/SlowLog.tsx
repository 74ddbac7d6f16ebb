import { Button } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

import { asFields, asList, asNumber, asText, type Reply, run, runAll } from '~/api/commands';
import { formatDuration, formatTime } from '~/format';
import type { SectionProps } from '~/pages/instance/section';
import { instance as instanceWords } from '~/strings/instance';
import { Panel } from '~/ui/Page';
import sections from '~/ui/sections.module.css';
import { EmptyState, QueryView } from '~/ui/states';
import { toastDone, toastError } from '~/ui/toasts';

const words = instanceWords.slowlog;
const most = 128;

interface SlowCall {
  id: number;
  at: string;
  seconds: number;
  words: string[];
  client: string;
}

export function readSlowLog(reply: Reply): SlowCall[] {
  return asList(reply).map((entry) => {
    const [id, at, us, command, client] = asList(entry);
    return {
      id: asNumber(id ?? null),
      at: new Date(asNumber(at ?? null) * 1000).toISOString(),
      seconds: asNumber(us ?? null) / 1e6,
      words: asList(command ?? null).map(asText),
      client: client == null ? '' : asText(client),
    };
  });
}

function slowQuery(node: string) {
  return {
    queryKey: ['nodes', node, 'slowlog'],
    queryFn: async ({ signal }: { signal: AbortSignal }) => {
      const [log, threshold] = await runAll({ node, signal }, [
        ['SLOWLOG', 'GET', most],
        ['CONFIG', 'GET', 'slowlog-log-slower-than'],
      ]);
      const slowest = asFields(threshold ?? null).get('slowlog-log-slower-than');
      return { calls: readSlowLog(log ?? null), thresholdUs: Number(asText(slowest ?? '0')) };
    },
    refetchInterval: 5_000,
  };
}

export default function SlowLog({ node, mayWrite }: SectionProps) {
  const query = useQuery(slowQuery(node.id));
  const queries = useQueryClient();
  const reset = useMutation({
    mutationFn: () => run({ node: node.id }, 'SLOWLOG', 'RESET'),
    onSuccess: () => {
      toastDone(words.cleared);
      void queries.invalidateQueries({ queryKey: slowQuery(node.id).queryKey });
    },
    onError: toastError,
  });
  return (
    <Panel
      title={instanceWords.tabs.slowlog}
      flush
      actions={
        mayWrite && (
          <Button variant="default" loading={reset.isPending} onClick={() => reset.mutate()}>
            {words.reset}
          </Button>
        )
      }
    >
      <QueryView query={query}>
        {({ calls, thresholdUs }) =>
          calls.length === 0 ? (
            <EmptyState
              title={words.none}
              detail={words.noneDetail(formatDuration(thresholdUs / 1e6))}
            />
          ) : (
            <Calls calls={calls} />
          )
        }
      </QueryView>
    </Panel>
  );
}

function Calls({ calls }: { calls: SlowCall[] }) {
  return (
    <div className={sections.scroll}>
      <table className={sections.rows}>
        <thead>
          <tr>
            <th scope="col">{words.at}</th>
            <th scope="col">{words.took}</th>
            <th scope="col">{words.command}</th>
            <th scope="col">{words.client}</th>
          </tr>
        </thead>
        <tbody>
          {calls.map((call) => (
            <tr key={call.id}>
              <td className={`${sections.tight} number`}>{formatTime(call.at)}</td>
              <td className={`${sections.tight} number`}>{formatDuration(call.seconds)}</td>
              <td className="mono">{call.words.join(' ')}</td>
              <td className={`${sections.tight} mono`}>{call.client}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
