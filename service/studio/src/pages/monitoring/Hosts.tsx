import { useQuery } from '@tanstack/react-query';

import { hostsQuery } from '~/api/monitoring';
import { monitoring as monitoringWords } from '~/strings/monitoring';
import { MemoryMeter } from '~/ui/Meter';
import { Panel } from '~/ui/Page';
import { ScrollX } from '~/ui/ScrollX';
import sections from '~/ui/sections.module.css';
import { QueryView } from '~/ui/states';
import { StateBadge } from '~/ui/StateBadge';

const words = monitoringWords;

export function Hosts() {
  const query = useQuery(hostsQuery);
  return (
    <Panel title={words.hosts} flush>
      <QueryView query={query} compact>
        {(hosts) => (
          <ScrollX>
            <table className={sections.rows} aria-label={words.hosts}>
              <tbody>
                {hosts.map(({ name, reachable, capacity }) => (
                  <tr key={name}>
                    <td>
                      {name}
                      <div className={sections.soft}>
                        <StateBadge
                          tone={reachable ? 'ok' : 'bad'}
                          label={reachable ? words.hostUp : words.hostDown}
                        />
                      </div>
                    </td>
                    {capacity === null ? (
                      <td className={sections.soft}>{words.hostDown}</td>
                    ) : (
                      <>
                        <td style={{ minWidth: 130 }}>
                          <MemoryMeter
                            label={words.hostMemory(name)}
                            used={capacity.memory.used_bytes}
                            limit={capacity.memory.limit_bytes}
                          />
                        </td>
                        <td className={`${sections.end} ${sections.soft} number`}>
                          <div>{words.hostNodes(capacity.nodes_running, capacity.nodes)}</div>
                          <div>
                            {words.hostPorts(
                              capacity.ports.used,
                              capacity.ports.used + capacity.ports.available,
                            )}
                          </div>
                        </td>
                      </>
                    )}
                  </tr>
                ))}
              </tbody>
            </table>
          </ScrollX>
        )}
      </QueryView>
    </Panel>
  );
}
