import { Button, Group, Select, TextInput } from '@mantine/core';
import { IconDatabase, IconFilterOff, IconPlus, IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useDeferredValue, useMemo, useRef, useState } from 'react';
import { useSearchParams } from 'react-router';

import { intervalFor, useFiguresStream } from '~/api/figures';
import { type Node, nodesQuery, type NodeState } from '~/api/nodes';
import { useCommands } from '~/app/commands';
import { columns } from '~/pages/instances/columns';
import type { Dialog } from '~/pages/instances/dialog';
import classes from '~/pages/instances/index.module.css';
import { type Filters, filtered, noFilters, sorted } from '~/pages/instances/listing';
import { useMay } from '~/session/hooks';
import { strings } from '~/strings';
import { DataTable, type Sorting } from '~/ui/DataTable';
import { Page } from '~/ui/Page';
import { EmptyState, LoadingState, QueryView } from '~/ui/states';

// Not part of the first load.
const Dialogs = lazy(() => import('~/pages/instances/Dialogs'));

const words = strings.instances;
const stateNames = Object.entries(words.states).map(([value, label]) => ({ value, label }));

// Filters and order are in the address, so that a view can be kept and passed on.
function useView() {
  const [parameters, setParameters] = useSearchParams();
  const [text, setText] = useState(parameters.get('q') ?? '');
  const state = parameters.get('state') ?? '';
  const filters: Filters = {
    text,
    state: state in words.states ? (state as NodeState) : '',
    tenant: parameters.get('tenant') ?? '',
  };
  const sort = parameters.get('sort') ?? '-created';
  const sorting: Sorting = { key: sort.replace(/^-/, ''), descending: sort.startsWith('-') };
  const set = (changed: Record<string, string>) => {
    setParameters(
      (before) => {
        const next = new URLSearchParams(before);
        for (const [name, value] of Object.entries(changed)) {
          if (value === '') next.delete(name);
          else next.set(name, value);
        }
        return next;
      },
      { replace: true },
    );
  };
  const setFilters = (changed: Partial<Filters>) => {
    const { text: newText, ...others } = changed;
    if (newText !== undefined) setText(newText);
    set({ ...others, ...(newText !== undefined && { q: newText }) });
  };
  const setSorting = ({ key, descending }: Sorting) =>
    set({ sort: `${descending ? '-' : ''}${key}` });
  return { filters, setFilters, sorting, setSorting };
}

export default function Instances() {
  const query = useQuery(nodesQuery);
  const mayChange = useMay('nodes:write');
  const [dialog, open] = useState<Dialog>();
  useFiguresStream(intervalFor(query.data?.length ?? 0));
  useCommands(
    mayChange
      ? [
          {
            id: 'create-instance',
            label: words.create,
            keys: 'c',
            run: () => open({ kind: 'create' }),
          },
        ]
      : [],
    [mayChange],
  );
  const createButton = mayChange && (
    <Button leftSection={<IconPlus size={14} />} onClick={() => open({ kind: 'create' })}>
      {words.create}
    </Button>
  );
  return (
    <Page title={words.title} layout="fill" actions={createButton}>
      <QueryView query={query} loading={<LoadingState lines={8} height={24} />}>
        {(nodes) =>
          nodes.length === 0 ? (
            <EmptyState
              icon={<IconDatabase size={18} />}
              title={words.emptyTitle}
              detail={mayChange ? words.emptyDetail : words.emptyForReaders}
              action={createButton}
            />
          ) : (
            <List nodes={nodes} mayChange={mayChange} open={open} />
          )
        }
      </QueryView>
      {dialog !== undefined && (
        <Suspense>
          <Dialogs dialog={dialog} onClose={() => open(undefined)} />
        </Suspense>
      )}
    </Page>
  );
}

interface ListProps {
  nodes: Node[];
  mayChange: boolean;
  open: (dialog: Dialog) => void;
}

function List({ nodes, mayChange, open }: ListProps) {
  const { filters, setFilters, sorting, setSorting } = useView();
  const search = useRef<HTMLInputElement>(null);
  const deferred = useDeferredValue(filters.text);
  const { state, tenant } = filters;
  const shown = useMemo(
    () =>
      sorted(filtered(nodes, { text: deferred, state, tenant }), {
        key: sorting.key,
        descending: sorting.descending,
      }),
    [nodes, deferred, state, tenant, sorting.key, sorting.descending],
  );
  const tenants = useMemo(() => [...new Set(nodes.map((one) => one.tenant))].sort(), [nodes]);
  const shownColumns = useMemo(() => columns(mayChange, open), [mayChange, open]);
  useCommands(
    [{ id: 'search', label: strings.common.search, keys: '/', run: () => search.current?.focus() }],
    [],
  );
  return (
    <>
      <div className={classes.toolbar}>
        <TextInput
          ref={search}
          className={classes.search ?? ''}
          size="xs"
          type="search"
          leftSection={<IconSearch size={14} aria-hidden />}
          placeholder={words.search}
          aria-label={words.search}
          value={filters.text}
          onChange={(event) => setFilters({ text: event.currentTarget.value })}
        />
        <Select
          size="xs"
          w={130}
          aria-label={words.stateFilter}
          placeholder={words.allStates}
          data={stateNames}
          clearable
          value={state === '' ? null : state}
          onChange={(value) => setFilters({ state: (value ?? '') as NodeState | '' })}
        />
        {tenants.length > 1 && (
          <Select
            size="xs"
            w={150}
            aria-label={words.tenantFilter}
            placeholder={words.allTenants}
            data={tenants}
            searchable
            clearable
            limit={100}
            value={tenant === '' ? null : tenant}
            onChange={(value) => setFilters({ tenant: value ?? '' })}
          />
        )}
        <span className={`${classes.count} number`} role="status">
          {words.count(shown.length, nodes.length)}
        </span>
      </div>
      <DataTable
        label={words.title}
        columns={shownColumns}
        rows={shown}
        rowKey={(node) => node.id}
        sorting={sorting}
        onSort={setSorting}
        empty={
          <EmptyState
            icon={<IconFilterOff size={18} />}
            title={words.nothingFits}
            action={
              <Group justify="center">
                <Button variant="default" onClick={() => setFilters(noFilters)}>
                  {words.clearFilters}
                </Button>
              </Group>
            }
          />
        }
      />
    </>
  );
}
