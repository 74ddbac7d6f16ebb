// The keys of an instance: found by a scan, shown as a tree, their values beside it.
import { ActionIcon, Button, Select, TextInput, Tooltip } from '@mantine/core';
import {
  IconChevronDown,
  IconChevronRight,
  IconFile,
  IconKey,
  IconPlus,
  IconRefresh,
} from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { type SyntheticEvent, useEffect, useMemo, useState } from 'react';

import { formatShort } from '~/format';
import {
  idOf,
  type KeyName,
  rowsOf,
  type ScanFilter,
  scanOn,
  type ScanState,
  type TreeRow,
} from '~/keys/scan';
import { valueTypes } from '~/keys/value';
import classes from '~/pages/instance/Keys.module.css';
import { KeyView } from '~/pages/instance/KeyView';
import { NewKey } from '~/pages/instance/NewKey';
import type { SectionProps } from '~/pages/instance/section';
import { cli as cliWords } from '~/strings/cli';
import { instance as instanceWords } from '~/strings/instance';
import { type Column, DataTable } from '~/ui/DataTable';
import { EmptyState, ErrorState, LoadingState } from '~/ui/states';

const words = instanceWords.keys;
const databases = Array.from({ length: 16 }, (_, index) => ({
  value: String(index),
  label: cliWords.database(index),
}));

export default function Keys({ node, mayWrite }: SectionProps) {
  const [filter, setFilter] = useState<ScanFilter>({ pattern: '', type: '' });
  const [database, setDatabase] = useState(0);
  const [chosen, setChosen] = useState<KeyName>();
  const [creating, setCreating] = useState(false);
  const call = useMemo(() => ({ node: node.id, database }), [node.id, database]);
  const scan = useMutation({
    mutationFn: ({ wanted, before }: { wanted: ScanFilter; before: ScanState | undefined }) =>
      scanOn(call, wanted, before),
  });
  const { mutate } = scan;
  const begin = (wanted: ScanFilter) => {
    setFilter(wanted);
    mutate({ wanted, before: undefined });
  };
  // The database as it is when the page is opened, or another one is chosen.
  useEffect(() => {
    mutate({ wanted: { pattern: '', type: '' }, before: undefined });
  }, [mutate, call]);
  const choose = (index: number) => {
    setDatabase(index);
    setFilter({ pattern: '', type: '' });
    setChosen(undefined);
  };

  return (
    <div className={classes.browser} data-chosen={chosen !== undefined}>
      <div className={classes.side}>
        <Toolbar
          key={database}
          filter={filter}
          database={database}
          mayWrite={mayWrite}
          scanning={scan.isPending}
          onScan={begin}
          onDatabase={choose}
          onCreate={() => setCreating(true)}
        />
        {scan.isError ? (
          <ErrorState error={scan.error} onRetry={() => begin(filter)} />
        ) : scan.data === undefined ? (
          <LoadingState lines={8} />
        ) : (
          <Found
            state={scan.data}
            filtered={filter.pattern !== '' || filter.type !== ''}
            chosen={chosen}
            scanning={scan.isPending}
            onChoose={setChosen}
            onMore={() => mutate({ wanted: filter, before: scan.data })}
          />
        )}
      </div>
      <div className={classes.value}>
        {chosen === undefined ? (
          <EmptyState icon={<IconKey size={18} />} title={words.choose} />
        ) : (
          <KeyView
            key={`${database} ${idOf(chosen.word)}`}
            call={call}
            name={chosen}
            mayWrite={mayWrite}
            onBack={() => setChosen(undefined)}
            onGone={() => {
              setChosen(undefined);
              begin(filter);
            }}
          />
        )}
      </div>
      {creating && (
        <NewKey
          call={call}
          onClose={() => setCreating(false)}
          onCreated={(key) => {
            setCreating(false);
            setChosen({ word: key, text: key });
            begin(filter);
          }}
        />
      )}
    </div>
  );
}

interface ToolbarProps {
  filter: ScanFilter;
  database: number;
  mayWrite: boolean;
  scanning: boolean;
  onScan: (filter: ScanFilter) => void;
  onDatabase: (index: number) => void;
  onCreate: () => void;
}

function Toolbar(props: ToolbarProps) {
  const { filter, database, mayWrite, scanning, onScan, onDatabase, onCreate } = props;
  const [pattern, setPattern] = useState(filter.pattern);
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    onScan({ ...filter, pattern });
  };
  return (
    <form className={classes.toolbar} onSubmit={submit}>
      <TextInput
        size="xs"
        className={classes.pattern ?? ''}
        type="search"
        aria-label={words.pattern}
        placeholder={words.patternHint}
        spellCheck={false}
        value={pattern}
        onChange={(event) => setPattern(event.currentTarget.value)}
      />
      <Select
        size="xs"
        w={98}
        aria-label={words.type}
        placeholder={words.anyType}
        clearable
        data={[...valueTypes]}
        value={filter.type === '' ? null : filter.type}
        onChange={(type) => onScan({ pattern, type: type ?? '' })}
      />
      <Select
        size="xs"
        w={76}
        aria-label={words.database}
        allowDeselect={false}
        data={databases}
        value={String(database)}
        onChange={(value) => value !== null && onDatabase(Number(value))}
      />
      <Tooltip label={words.scan}>
        <ActionIcon type="submit" aria-label={words.scan} loading={scanning}>
          <IconRefresh size={16} />
        </ActionIcon>
      </Tooltip>
      {mayWrite && (
        <Tooltip label={words.create}>
          <ActionIcon aria-label={words.create} onClick={onCreate}>
            <IconPlus size={16} />
          </ActionIcon>
        </Tooltip>
      )}
    </form>
  );
}

interface FoundProps {
  state: ScanState;
  filtered: boolean;
  chosen: KeyName | undefined;
  scanning: boolean;
  onChoose: (key: KeyName) => void;
  onMore: () => void;
}

function Found({ state, filtered, chosen, scanning, onChoose, onMore }: FoundProps) {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const rows = useMemo(() => rowsOf(state.keys, open), [state.keys, open]);
  const done = state.cursor === '0';
  const columns = useMemo((): Column<TreeRow>[] => {
    const toggle = (id: string) =>
      setOpen((before) => {
        const next = new Set(before);
        if (!next.delete(id)) next.add(id);
        return next;
      });
    return [
      {
        key: 'name',
        header: words.name,
        width: 'minmax(0, 1fr)',
        render: (row) => (
          <RowView row={row} chosen={chosen} onToggle={toggle} onChoose={onChoose} />
        ),
      },
    ];
  }, [chosen, onChoose]);
  return (
    <>
      <DataTable
        label={words.tree}
        columns={columns}
        rows={rows}
        rowKey={(row) => `${row.kind} ${row.id}`}
        rowHeight={28}
        empty={
          <EmptyState
            compact
            title={done && !filtered ? words.empty : words.none}
            {...(filtered && done && { detail: words.noneDetail })}
          />
        }
      />
      <div className={`${classes.foot} number`} role="status">
        <span>
          {done
            ? words.all(state.keys.length)
            : words.found(state.keys.length, formatShort(state.looked))}
        </span>
        {!done && (
          <Button variant="default" loading={scanning} onClick={onMore}>
            {words.more}
          </Button>
        )}
      </div>
    </>
  );
}

interface RowViewProps {
  row: TreeRow;
  chosen: KeyName | undefined;
  onToggle: (id: string) => void;
  onChoose: (key: KeyName) => void;
}

function RowView({ row, chosen, onToggle, onChoose }: RowViewProps) {
  const indent = { paddingLeft: row.depth * 14 };
  if (row.kind === 'prefix') {
    const Icon = row.open ? IconChevronDown : IconChevronRight;
    return (
      <button
        type="button"
        className={classes.row}
        style={indent}
        aria-expanded={row.open}
        onClick={() => onToggle(row.id)}
      >
        <Icon size={14} aria-hidden />
        <span className={`${classes.label} mono`}>{row.label}</span>
        <span className={`${classes.count} number`}>{row.count}</span>
      </button>
    );
  }
  const current = chosen !== undefined && idOf(chosen.word) === row.id;
  return (
    <button
      type="button"
      className={classes.row}
      style={indent}
      aria-current={current}
      title={row.key.text}
      onClick={() => onChoose(row.key)}
    >
      <IconFile size={14} aria-hidden />
      <span className={`${classes.label} mono`}>{row.label}</span>
    </button>
  );
}
