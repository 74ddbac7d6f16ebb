import { Button, TextInput } from '@mantine/core';
import { IconPlayerPause, IconPlayerPlay, IconSearch } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';

import { openStream } from '~/api/stream';
import { Feed, type FeedLine } from '~/pages/instance/Feed';
import classes from '~/pages/instance/Feed.module.css';
import type { SectionProps } from '~/pages/instance/section';
import { freshToken } from '~/session/session';
import { instance as instanceWords } from '~/strings/instance';
import { EmptyState } from '~/ui/states';

const words = instanceWords.monitor;
const most = 2_000;
const drawEveryMs = 200;

// 1700000000.123456 [0 127.0.0.1:5000] "SET" "k" "v"
const shape = /^(\d+)\.\d+ (\[[^\]]*\]) (.*)$/s;

export function readMonitorLine(id: number, line: string): FeedLine {
  const match = shape.exec(line);
  if (match === null) return { id, mark: '', text: line };
  const [, seconds = '', client = '', text = ''] = match;
  const time = new Date(Number(seconds) * 1000).toISOString().slice(11, 19);
  return { id, mark: `${time} ${client}`, text };
}

export default function Monitor({ node }: SectionProps) {
  const [running, setRunning] = useState(false);
  const [lines, setLines] = useState<readonly FeedLine[]>([]);
  const [missed, setMissed] = useState(0);
  const [filter, setFilter] = useState('');
  const paused = useRef(true);

  // The stream goes on while it is paused, so that the reader learns what was missed.
  useEffect(() => {
    if (!running) return undefined;
    let last = 0;
    let waiting: FeedLine[] = [];
    let unseen = 0;
    const stream = openStream({
      path: `/v1/nodes/${node.id}/stream?topics=monitor`,
      token: freshToken,
      onMessage: (message) => {
        const { topic, line } = message as { topic?: unknown; line?: unknown };
        if (topic !== 'monitor' || typeof line !== 'string') return;
        last += 1;
        if (paused.current) unseen += 1;
        else waiting = [...waiting, readMonitorLine(last, line)].slice(-most);
      },
    });
    // Drawn a few times a second, however many commands there are.
    const timer = setInterval(() => {
      setMissed(unseen);
      if (!paused.current) unseen = 0;
      if (waiting.length === 0) return;
      const fresh = waiting;
      waiting = [];
      setLines((before) => [...before, ...fresh].slice(-most));
    }, drawEveryMs);
    return () => {
      clearInterval(timer);
      stream.close();
    };
  }, [running, node.id]);

  const [isPaused, setPaused] = useState(true);
  const pause = (now: boolean) => {
    paused.current = now;
    setPaused(now);
    if (!now) setRunning(true);
  };
  const wanted = filter.trim().toLowerCase();
  const shown = wanted === '' ? lines : lines.filter((one) => includes(one, wanted));
  return (
    <>
      <div className={classes.tools}>
        {isPaused ? (
          <Button leftSection={<IconPlayerPlay size={14} />} onClick={() => pause(false)}>
            {running ? words.resume : words.start}
          </Button>
        ) : (
          <Button
            variant="default"
            leftSection={<IconPlayerPause size={14} />}
            onClick={() => pause(true)}
          >
            {words.pause}
          </Button>
        )}
        <Button variant="default" onClick={() => setLines([])}>
          {words.clear}
        </Button>
        <TextInput
          size="xs"
          className={classes.grow ?? ''}
          type="search"
          leftSection={<IconSearch size={14} aria-hidden />}
          aria-label={words.filter}
          placeholder={words.filter}
          value={filter}
          onChange={(event) => setFilter(event.currentTarget.value)}
        />
        <span className={`${classes.mark} number`}>
          {isPaused && missed > 0 ? words.missed(missed) : words.count(shown.length, lines.length)}
        </span>
      </div>
      <Feed
        label={words.log}
        lines={shown}
        empty={<EmptyState title={words.waiting} detail={words.intro} />}
      />
    </>
  );
}

function includes(line: FeedLine, text: string): boolean {
  return line.text.toLowerCase().includes(text) || line.mark.includes(text);
}
