import { Button, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { type SyntheticEvent, useEffect, useState } from 'react';

import { asList, asNumber, asText, pairsOf, type Reply, run } from '~/api/commands';
import { formatNumber } from '~/format';
import { Feed, type FeedLine } from '~/pages/instance/Feed';
import classes from '~/pages/instance/Feed.module.css';
import type { SectionProps } from '~/pages/instance/section';
import { ShellConnection } from '~/shell/connection';
import { instance as instanceWords } from '~/strings/instance';
import { Panel } from '~/ui/Page';
import sections from '~/ui/sections.module.css';
import { EmptyState, QueryView } from '~/ui/states';
import { toastDone, toastError } from '~/ui/toasts';

const words = instanceWords.pubsub;
const most = 1_000;

export default function PubSub({ node, mayWrite }: SectionProps) {
  return (
    <>
      <div className={sections.halves}>
        <Channels node={node.id} />
        {mayWrite && <Publish node={node.id} />}
      </div>
      <Listen node={node.id} />
    </>
  );
}

function Channels({ node }: { node: string }) {
  const query = useQuery({
    queryKey: ['nodes', node, 'channels'],
    queryFn: async ({ signal }) => {
      const names = asList(await run({ node, signal }, 'PUBSUB', 'CHANNELS')).map(asText);
      const counts = await run({ node, signal }, 'PUBSUB', 'NUMSUB', ...names);
      return pairsOf(counts).map(([name, count]) => ({
        name: asText(name),
        count: asNumber(count),
      }));
    },
    refetchInterval: 3_000,
  });
  return (
    <Panel title={words.channels} flush>
      <QueryView query={query} compact>
        {(channels) =>
          channels.length === 0 ? (
            <EmptyState compact title={words.noChannels} />
          ) : (
            <table className={sections.rows}>
              <thead>
                <tr>
                  <th scope="col">{words.channel}</th>
                  <th scope="col" className={sections.end}>
                    {words.subscribers}
                  </th>
                </tr>
              </thead>
              <tbody>
                {channels.map((one) => (
                  <tr key={one.name}>
                    <td className="mono">{one.name}</td>
                    <td className={`${sections.end} number`}>{formatNumber(one.count)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )
        }
      </QueryView>
    </Panel>
  );
}

function Publish({ node }: { node: string }) {
  const [channel, setChannel] = useState('');
  const [message, setMessage] = useState('');
  const send = useMutation({
    mutationFn: async () => asNumber(await run({ node }, 'PUBLISH', channel, message)),
    onSuccess: (count) => toastDone(words.received(count)),
    onError: toastError,
  });
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (channel !== '') send.mutate();
  };
  return (
    <Panel title={words.publish}>
      <form className={classes.form} onSubmit={submit}>
        <TextInput
          size="xs"
          label={words.channel}
          required
          value={channel}
          onChange={(event) => setChannel(event.currentTarget.value)}
        />
        <TextInput
          size="xs"
          className={classes.grow ?? ''}
          label={words.message}
          value={message}
          onChange={(event) => setMessage(event.currentTarget.value)}
        />
        <Button type="submit" loading={send.isPending}>
          {words.send}
        </Button>
      </form>
    </Panel>
  );
}

// The message of a push: of a pattern, or of a channel.
export function readMessage(
  items: readonly Reply[],
): { channel: string; text: string } | undefined {
  const [kind] = items;
  if (kind === 'message') {
    return { channel: asText(items[1] ?? null), text: asText(items[2] ?? null) };
  }
  if (kind === 'pmessage') {
    return { channel: asText(items[2] ?? null), text: asText(items[3] ?? null) };
  }
  return undefined;
}

function Listen({ node }: { node: string }) {
  const [pattern, setPattern] = useState('*');
  const [listening, setListening] = useState<string>();
  const [lines, setLines] = useState<readonly FeedLine[]>([]);
  useEffect(() => {
    if (listening === undefined) return undefined;
    let last = 0;
    const connection = new ShellConnection(node, 0, {
      onState: (state) => {
        if (state === 'open') {
          void connection.run(['PSUBSCRIBE', listening]).catch(toastError);
        } else if (state === 'closed') {
          setListening(undefined);
        }
      },
      onPush: (items) => {
        const message = readMessage(items);
        if (message === undefined) return;
        last += 1;
        const time = new Date().toISOString().slice(11, 19);
        const line = { id: last, mark: `${time} ${message.channel}`, text: message.text };
        setLines((before) => [...before, line].slice(-most));
      },
    });
    return () => connection.close();
  }, [listening, node]);
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (listening === undefined) {
      setLines([]);
      setListening(pattern);
    } else {
      setListening(undefined);
    }
  };
  return (
    <Panel title={words.listen} flush>
      <form className={classes.tools} onSubmit={submit}>
        <TextInput
          size="xs"
          className={classes.grow ?? ''}
          aria-label={words.pattern}
          spellCheck={false}
          disabled={listening !== undefined}
          value={pattern}
          onChange={(event) => setPattern(event.currentTarget.value)}
        />
        <Button type="submit" {...(listening !== undefined && { variant: 'default' })}>
          {listening === undefined ? words.start : words.stop}
        </Button>
        <Button variant="default" onClick={() => setLines([])}>
          {words.clear}
        </Button>
      </form>
      <Feed
        bounded
        label={words.log}
        lines={lines}
        empty={<EmptyState compact title={words.waiting} />}
      />
    </Panel>
  );
}
