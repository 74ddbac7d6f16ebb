import { Button, SegmentedControl, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useInfiniteQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';

import { type AuditEntry, auditQuery, authAuditQuery, type AuthEvent } from '~/api/admin';
import { formatTime } from '~/format';
import type { SectionProps } from '~/pages/admin';
import { dayEnd, dayStart } from '~/pages/admin/rules';
import { useSignedIn } from '~/session/hooks';
import { admin as adminWords } from '~/strings/admin';
import { Panel } from '~/ui/Page';
import { ScrollX } from '~/ui/ScrollX';
import sections from '~/ui/sections.module.css';
import { EmptyState, QueryView } from '~/ui/states';

const words = adminWords.audit;
const typingMs = 300;

type Source = 'control' | 'auth';

export default function Audit({ tenant, platform }: SectionProps) {
  const [source, setSource] = useState<Source>('control');
  const role = useSignedIn()?.role;
  const both = platform || role === 'admin' || role === 'owner';
  return (
    <>
      {both && (
        <div>
          <SegmentedControl
            size="xs"
            aria-label={words.source}
            data={[
              { value: 'control', label: words.sources.control },
              { value: 'auth', label: words.sources.auth },
            ]}
            value={source}
            onChange={(value) => setSource(value)}
          />
        </div>
      )}
      {source === 'control' ? <ControlLog tenant={tenant} /> : <AuthLog tenant={tenant} />}
    </>
  );
}

interface FilterProps {
  values: Record<string, string>;
  labels: Record<string, string>;
  onChange: (name: string, value: string) => void;
  onClear: () => void;
}

function Filters({ values, labels, onChange, onClear }: FilterProps) {
  const any = Object.values(values).some((value) => value !== '');
  return (
    <div className={sections.toolbar}>
      {Object.entries(values).map(([name, value]) => {
        const label = labels[name] ?? name;
        const dated = name === 'since' || name === 'until';
        return (
          <TextInput
            key={name}
            size="xs"
            w={dated ? 176 : 150}
            type={dated ? 'date' : 'search'}
            aria-label={label}
            {...(dated
              ? { leftSection: label, leftSectionWidth: 46 }
              : { placeholder: label, title: label })}
            value={value}
            onChange={(event) => onChange(name, event.currentTarget.value)}
          />
        );
      })}
      {any && (
        <Button variant="subtle" onClick={onClear}>
          {words.clear}
        </Button>
      )}
    </div>
  );
}

const noControlFilters = { actor: '', action: '', target: '', since: '', until: '' };

function ControlLog({ tenant }: { tenant: string }) {
  const [filters, setFilters] = useState(noControlFilters);
  const [settled] = useDebouncedValue(filters, typingMs);
  const query = useInfiniteQuery(
    auditQuery({
      ...settled,
      tenant,
      since: dayStart(settled.since),
      until: dayEnd(settled.until),
    }),
  );
  const filtered = Object.values(filters).some((value) => value !== '');
  return (
    <>
      <Filters
        values={filters}
        labels={words.filters}
        onChange={(name, value) => setFilters({ ...filters, [name]: value })}
        onClear={() => setFilters(noControlFilters)}
      />
      <Log title={words.sources.control} query={query} filtered={filtered}>
        {query.data?.pages
          .flatMap((page) => page.items)
          .map((entry) => (
            <ControlRow key={entry.id} entry={entry} />
          ))}
      </Log>
    </>
  );
}

const noAuthFilters = { event: '', user: '' };

function AuthLog({ tenant }: { tenant: string }) {
  const [filters, setFilters] = useState(noAuthFilters);
  const [settled] = useDebouncedValue(filters, typingMs);
  // Half of an id is refused, not looked for.
  const user = /^[0-9a-f]{32}$/.test(settled.user) ? settled.user : '';
  const query = useInfiniteQuery(authAuditQuery({ tenant, event: settled.event.trim(), user }));
  const filtered = filters.event !== '' || filters.user !== '';
  return (
    <>
      <Filters
        values={filters}
        labels={words.filters}
        onChange={(name, value) => setFilters({ ...filters, [name]: value })}
        onClear={() => setFilters(noAuthFilters)}
      />
      <Log title={words.sources.auth} query={query} filtered={filtered}>
        {query.data?.pages
          .flatMap((page) => page.items)
          .map((event) => (
            <AuthRow key={event.id} event={event} />
          ))}
      </Log>
    </>
  );
}

interface LogProps {
  title: string;
  query: {
    data: unknown;
    error: unknown;
    isPending: boolean;
    refetch: () => unknown;
    hasNextPage: boolean;
    isFetchingNextPage: boolean;
    fetchNextPage: () => unknown;
  };
  filtered: boolean;
  children: ReactNode[] | undefined;
}

function Log({ title, query, filtered, children }: LogProps) {
  const rows = children ?? [];
  return (
    <Panel title={title} flush>
      <QueryView query={query}>
        {() =>
          rows.length === 0 ? (
            <EmptyState compact title={filtered ? words.nothingFits : words.empty} />
          ) : (
            <>
              <ScrollX>
                <table className={sections.rows} aria-label={title}>
                  <thead>
                    <tr>
                      <th>{words.at}</th>
                      <th>{words.actor}</th>
                      <th>{words.action}</th>
                      <th>{words.target}</th>
                      <th>{words.tenant}</th>
                      <th>{words.detail}</th>
                    </tr>
                  </thead>
                  <tbody>{rows}</tbody>
                </table>
              </ScrollX>
              {query.hasNextPage && (
                <div className={sections.note}>
                  <Button
                    variant="default"
                    loading={query.isFetchingNextPage}
                    onClick={() => void query.fetchNextPage()}
                  >
                    {words.older}
                  </Button>
                </div>
              )}
            </>
          )
        }
      </QueryView>
    </Panel>
  );
}

// What came along, in one line: {"memory": "40mb"} as "memory 40mb".
export function detailText(detail: Record<string, unknown>): string {
  return Object.entries(detail)
    .map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
}

function ControlRow({ entry }: { entry: AuditEntry }) {
  return (
    <tr>
      <td className={`${sections.tight} ${sections.soft} number`}>{formatTime(entry.at)}</td>
      <td>
        {entry.actor}
        <div className={sections.soft}>{entry.address}</div>
      </td>
      <td className={sections.tight}>{entry.action}</td>
      <td>{entry.target}</td>
      <td>{entry.tenant}</td>
      <td className={sections.soft} title={words.request(entry.request_id)}>
        {detailText(entry.detail)}
      </td>
    </tr>
  );
}

function AuthRow({ event }: { event: AuthEvent }) {
  const said = event.outcome === 'ok' || event.outcome === 'success' ? '' : ` (${event.outcome})`;
  return (
    <tr>
      <td className={`${sections.tight} ${sections.soft} number`}>{formatTime(event.at)}</td>
      <td>
        {event.actor}
        <div className={sections.soft}>{event.address}</div>
      </td>
      <td className={sections.tight}>
        {event.event}
        {said}
      </td>
      <td className="mono">{event.user_id}</td>
      <td>{event.tenant}</td>
      <td className={sections.soft} title={words.request(event.request_id)}>
        {detailText(event.detail)}
      </td>
    </tr>
  );
}
