import { Button, Modal, Group, SegmentedControl, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type KeyboardEvent, type SyntheticEvent, useEffect, useRef, useState } from 'react';

import type { Word } from '~/api/commands';
import { useCommands } from '~/app/commands';
import { type Danger, dangerOf } from '~/shell/danger';
import { commandOf, completions, type Docs, docsQuery, hintFor, syntaxOf } from '~/shell/docs';
import { helpText } from '~/shell/help';
import { History } from '~/shell/history';
import { parseLine } from '~/shell/line';
import { ReplyView } from '~/shell/ReplyView';
import classes from '~/shell/ShellView.module.css';
import { type Entry, useShell } from '~/shell/useShell';
import { strings } from '~/strings';
import { cli as cliWords } from '~/strings/cli';

const words = cliWords;
const noDocs: Docs = new Map();

interface ShellViewProps {
  node: { id: string; name: string };
  database: number;
}

export function ShellView({ node, database }: ShellViewProps) {
  const shell = useShell(node.id, node.name, database);
  const docs = useQuery(docsQuery(node.id)).data ?? noDocs;
  const [view, setView] = useState<'text' | 'json'>('text');
  const [asked, setAsked] = useState<{
    line: string;
    command: Word[];
    name: string;
    danger: Danger;
  }>();
  const input = useRef<HTMLInputElement>(null);

  const submit = (line: string) => {
    const { words: parsed, open } = parseLine(line);
    const command = parsed.map((word) => word.text);
    const [first = ''] = command;
    if (open) shell.note(words.openQuote);
    else if (first === '') return;
    else if (/^(?:help|\?)$/i.test(first)) shell.note(helpText(docs, command.slice(1)));
    else if (/^clear$/i.test(first)) shell.clear();
    else {
      const danger = dangerOf(command);
      const sent = parsed.map((word) => word.word);
      const name = command.slice(0, 2).join(' ').toUpperCase();
      if (danger === undefined) void shell.send(line, sent);
      else setAsked({ line, command: sent, name, danger });
    }
  };

  useCommands(
    [{ id: 'shell-focus', label: words.prompt, keys: '/', run: () => input.current?.focus() }],
    [],
  );

  return (
    <div className={classes.shell}>
      <Output entries={shell.entries} asJson={view === 'json'} />
      <Prompt
        ref={input}
        docs={docs}
        database={database}
        isRunning={shell.isRunning}
        subscriptions={shell.subscriptions}
        onSubmit={submit}
        onInterrupt={() => void shell.interrupt()}
        onClear={shell.clear}
        closed={shell.state === 'closed'}
        onReconnect={shell.reconnect}
        tools={
          <SegmentedControl
            size="xs"
            aria-label={words.view}
            value={view}
            onChange={(value) => setView(value)}
            data={[
              { value: 'text', label: words.asText },
              { value: 'json', label: words.asJson },
            ]}
          />
        }
      />
      {asked !== undefined && (
        <Modal
          opened
          size="sm"
          title={words.dangerTitle(asked.name)}
          onClose={() => setAsked(undefined)}
        >
          <Text c="dimmed">{words.dangers[asked.danger]}</Text>
          <Group justify="flex-end" mt="lg">
            <Button variant="default" data-autofocus onClick={() => setAsked(undefined)}>
              {strings.common.cancel}
            </Button>
            <Button
              color="red"
              onClick={() => {
                setAsked(undefined);
                void shell.send(asked.line, asked.command);
              }}
            >
              {words.dangerRun}
            </Button>
          </Group>
        </Modal>
      )}
    </div>
  );
}

function Output({ entries, asJson }: { entries: readonly Entry[]; asJson: boolean }) {
  const scroll = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const shown = scroll.current;
    if (shown !== null) shown.scrollTop = shown.scrollHeight;
  }, [entries]);
  return (
    <div
      ref={scroll}
      className={classes.output}
      role="log"
      aria-label={words.output}
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls is reachable by keyboard
      tabIndex={0}
    >
      {entries.map((entry) => (
        <EntryView key={entry.id} entry={entry} asJson={asJson} />
      ))}
    </div>
  );
}

function EntryView({ entry, asJson }: { entry: Entry; asJson: boolean }) {
  if (entry.kind === 'note') return <p className={classes.note}>{entry.text}</p>;
  if (entry.kind === 'push') {
    return (
      <div className={classes.entry}>
        <span className={classes.mark}>{words.message}</span>
        <ReplyView reply={entry.reply} asJson={asJson} />
      </div>
    );
  }
  return (
    <div className={classes.entry}>
      <div className={classes.line}>
        <span className={classes.mark}>&gt;</span>
        <span>{entry.line}</span>
        {entry.ms !== undefined && (
          <span className={classes.took}>{words.took(entry.ms.toFixed(1))}</span>
        )}
      </div>
      {entry.failure !== undefined && <ReplyView reply={{ error: entry.failure }} />}
      {entry.reply !== undefined && <ReplyView reply={entry.reply} asJson={asJson} />}
    </div>
  );
}

interface PromptProps {
  ref: React.Ref<HTMLInputElement>;
  docs: Docs;
  database: number;
  isRunning: boolean;
  subscriptions: number;
  closed: boolean;
  onSubmit: (line: string) => void;
  onInterrupt: () => void;
  onClear: () => void;
  onReconnect: () => void;
  tools: React.ReactNode;
}

function Prompt(props: PromptProps) {
  const { ref, docs, database, closed, isRunning, subscriptions, tools } = props;
  const { onSubmit, onInterrupt, onClear, onReconnect } = props;
  const [line, setLine] = useState('');
  const [choices, setChoices] = useState<readonly string[]>([]);
  const [chosen, setChosen] = useState(0);
  const [history] = useState(() => new History());
  const { words: parsed } = parseLine(line);
  const endsInSpace = /\s$/.test(line);
  const hint = hintFor(docs, parsed, endsInSpace);
  const about = commandOf(docs, parsed)?.doc;

  const become = (next: string) => {
    setLine(next);
    setChoices([]);
  };
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (line.trim() === '') return;
    history.add(line);
    onSubmit(line);
    become('');
  };
  const complete = () => {
    const found = choices.length > 0 ? choices : completions(docs, parsed, endsInSpace);
    const next = choices.length > 0 ? (chosen + 1) % found.length : 0;
    const name = found[next];
    if (name === undefined) return;
    setLine(`${name} `);
    setChoices(found.length > 1 ? found : []);
    setChosen(next);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    const selected = globalThis.getSelection()?.toString() ?? '';
    if (event.key === 'Tab' && !event.shiftKey && line.trim() !== '') complete();
    else if (event.key === 'ArrowUp') become(history.move(-1, line));
    else if (event.key === 'ArrowDown') become(history.move(1, line));
    else if (event.key === 'Escape' && choices.length > 0) setChoices([]);
    else if (event.ctrlKey && event.key === 'l') onClear();
    else if (event.ctrlKey && event.key === 'r') become(history.find(line) ?? line);
    else if (event.ctrlKey && event.key === 'c' && selected === '') {
      if (isRunning || subscriptions > 0) onInterrupt();
      else become('');
    } else return;
    event.preventDefault();
  };

  return (
    <>
      {choices.length > 0 && (
        <div className={classes.choices} role="listbox" aria-label={words.prompt}>
          {choices.map((name, index) => (
            <button
              key={name}
              type="button"
              role="option"
              aria-selected={index === chosen}
              className={classes.choice}
              onClick={() => become(`${name} `)}
            >
              {name}
            </button>
          ))}
        </div>
      )}
      {about !== undefined && !about.isContainer && (
        <div className={classes.help}>
          <strong>{[about.name, ...about.arguments.map(syntaxOf)].join(' ')}</strong>
          <span>{about.summary}</span>
          <span>{words.since(about.since)}</span>
          <span>{about.complexity}</span>
        </div>
      )}
      <form className={classes.form} onSubmit={submit}>
        <span className={classes.mark}>{words.database(database)}&gt;</span>
        <div className={classes.field}>
          <div className={classes.hint} aria-hidden>
            <span className={classes.typed}>{line}</span>
            {line !== '' && hint}
          </div>
          <input
            ref={ref}
            className={classes.input}
            aria-label={words.prompt}
            placeholder={closed ? words.closed : words.placeholder}
            autoComplete="off"
            autoCapitalize="off"
            autoCorrect="off"
            spellCheck={false}
            value={line}
            disabled={closed}
            onChange={(event) => become(event.currentTarget.value)}
            onKeyDown={onKeyDown}
          />
        </div>
        {isRunning && <span className={classes.took}>{words.waiting}</span>}
        {!isRunning && subscriptions > 0 && (
          <span className={classes.took}>{words.subscribed(subscriptions)}</span>
        )}
        {closed && (
          <Button size="xs" variant="default" onClick={onReconnect}>
            {words.reconnect}
          </Button>
        )}
        {tools}
      </form>
    </>
  );
}
