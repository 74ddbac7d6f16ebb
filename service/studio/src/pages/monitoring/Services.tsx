import { IconLock } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';

import { gatewayHealthQuery, monitoringHealthQuery } from '~/api/monitoring';
import { formatAgo, formatDuration, formatNumber } from '~/format';
import { adviceFor, nameOf } from '~/pages/monitoring/Away';
import { monitoring as monitoringWords } from '~/strings/monitoring';
import { Panel } from '~/ui/Page';
import { ScrollX } from '~/ui/ScrollX';
import sections from '~/ui/sections.module.css';
import { EmptyState, QueryView } from '~/ui/states';
import { StateBadge, type Tone } from '~/ui/StateBadge';

const words = monitoringWords.services;

const tones: Record<string, Tone> = { ok: 'ok', down: 'bad', unknown: 'quiet' };

function Badge({ state }: { state: 'ok' | 'down' | 'unknown' }) {
  return <StateBadge tone={tones[state] ?? 'quiet'} label={words[state]} />;
}

export default function Services({ platform }: { platform: boolean }) {
  if (!platform) {
    return (
      <EmptyState
        icon={<IconLock size={18} />}
        title={words.onlyPlatform}
        detail={words.onlyPlatformDetail}
      />
    );
  }
  return (
    <>
      <GatewayView />
      <MonitoringView />
    </>
  );
}

export function GatewayView() {
  const query = useQuery(gatewayHealthQuery);
  return (
    <Panel title={words.gatewaySees} flush>
      <QueryView query={query} compact>
        {({ parts, started_at: started }) => (
          <>
            <ScrollX>
              <table className={sections.rows} aria-label={words.gatewaySees}>
                <thead>
                  <tr>
                    <th>{words.service}</th>
                    <th>{words.state}</th>
                    <th className={sections.end}>{words.requests}</th>
                    <th className={sections.end}>{words.failures}</th>
                    <th>{words.cause}</th>
                  </tr>
                </thead>
                <tbody>
                  {Object.entries(parts).map(([name, part]) => (
                    <tr key={name}>
                      <td>{nameOf(name)}</td>
                      <td className={sections.tight}>
                        <Badge state={part.status} />
                      </td>
                      <td className={`${sections.end} number`}>{formatNumber(part.requests)}</td>
                      <td className={`${sections.end} number`}>{formatNumber(part.failures)}</td>
                      <td>
                        {part.status === 'down' && `${part.reason ?? ''}. ${adviceFor(name)}`}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </ScrollX>
            <p className={sections.note}>{words.started(formatAgo(started))}</p>
          </>
        )}
      </QueryView>
    </Panel>
  );
}

function MonitoringView() {
  const query = useQuery(monitoringHealthQuery);
  return (
    <Panel title={words.monitoringSees} flush>
      <QueryView query={query} compact>
        {({ services, causes, pulled_at: pulled }) => {
          // What is wrong with the service itself, beside its neighbours.
          const own = Object.entries(causes).filter(([name]) => !(name in services));
          return (
            <>
              <ScrollX>
                <table className={sections.rows} aria-label={words.monitoringSees}>
                  <thead>
                    <tr>
                      <th>{words.service}</th>
                      <th>{words.state}</th>
                      <th className={sections.end}>{words.since}</th>
                      <th className={sections.end}>{words.latency}</th>
                      <th>{words.cause}</th>
                    </tr>
                  </thead>
                  <tbody>
                    {Object.entries(services).map(([name, one]) => {
                      const cause = causes[name] ?? one.cause;
                      const since =
                        one.since_ms === null ? undefined : new Date(one.since_ms).toISOString();
                      return (
                        <tr key={name}>
                          <td>{nameOf(name)}</td>
                          <td className={sections.tight}>
                            <Badge state={one.state} />
                          </td>
                          <td className={`${sections.end} ${sections.soft} number`}>
                            {formatAgo(since)}
                          </td>
                          <td className={`${sections.end} number`}>
                            {formatDuration(
                              one.latency_ms === null ? undefined : one.latency_ms / 1000,
                            )}
                          </td>
                          <td>{cause != null && `${cause}. ${adviceFor(name)}`}</td>
                        </tr>
                      );
                    })}
                    {own.map(([name, cause]) => (
                      <tr key={name}>
                        <td>{nameOf(name)}</td>
                        <td className={sections.tight}>
                          <Badge state="down" />
                        </td>
                        <td />
                        <td />
                        <td>
                          {cause}. {adviceFor(name)}
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </ScrollX>
              <p className={sections.note}>{words.pulled(formatAgo(pulled))}</p>
            </>
          );
        }}
      </QueryView>
    </Panel>
  );
}
