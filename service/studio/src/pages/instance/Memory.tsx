import { Button, Progress, Select } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';

import { useLive } from '~/api/figures';
import { formatBytes, formatNumber, formatPercent, formatShort } from '~/format';
import { type Analysis, analyse, type Group } from '~/keys/analysis';
import type { SectionProps } from '~/pages/instance/section';
import { cli as cliWords } from '~/strings/cli';
import { instance as instanceWords } from '~/strings/instance';
import { Panel } from '~/ui/Page';
import sections from '~/ui/sections.module.css';
import { EmptyState, ErrorState } from '~/ui/states';

const words = instanceWords.memory;
const samples = [1_000, 10_000, 100_000, 1_000_000];

interface Shown {
  analysis: Analysis;
  looked: number; // changes with each step, so that the page is drawn anew
}

export default function Memory({ node }: SectionProps) {
  const live = useLive(node.id)?.now;
  const [most, setMost] = useState(10_000);
  const [shown, setShown] = useState<Shown>();
  const [failure, setFailure] = useState<unknown>();
  const [running, setRunning] = useState<AbortController>();
  const latest = useRef<AbortController | undefined>(undefined);
  useEffect(() => () => latest.current?.abort(), []);

  const begin = () => {
    const controller = new AbortController();
    latest.current = controller;
    setRunning(controller);
    setFailure(undefined);
    setShown(undefined);
    const filled = (live?.databases ?? []).filter((one) => one.keys > 0).map((one) => one.index);
    const databases = filled.length > 0 ? filled : [0];
    analyse({
      node: node.id,
      databases,
      most,
      signal: controller.signal,
      onProgress: (analysis) => setShown({ analysis, looked: analysis.looked }),
    })
      .catch((error: unknown) => {
        if (!controller.signal.aborted) setFailure(error);
      })
      .finally(() => setRunning(undefined));
  };
  const all = Math.min(most, live?.keys ?? most);
  return (
    <>
      <Panel
        title={words.analyse}
        actions={
          <div className={sections.toolbar}>
            <Select
              size="xs"
              w={110}
              aria-label={words.sample}
              allowDeselect={false}
              disabled={running !== undefined}
              data={samples.map((count) => ({ value: String(count), label: formatShort(count) }))}
              value={String(most)}
              onChange={(value) => setMost(Number(value ?? most))}
            />
            {running === undefined ? (
              <Button onClick={begin}>{shown === undefined ? words.analyse : words.again}</Button>
            ) : (
              <Button variant="default" onClick={() => running.abort()}>
                {words.stop}
              </Button>
            )}
          </div>
        }
      >
        {shown === undefined ? (
          words.intro
        ) : (
          <div role="status" className="number">
            {words.progress(formatNumber(shown.looked), formatNumber(all))}
            {running !== undefined && (
              <Progress
                mt="xs"
                size="xs"
                aria-label={words.analyse}
                value={all === 0 ? 100 : (shown.looked / all) * 100}
              />
            )}
          </div>
        )}
      </Panel>
      {failure !== undefined && <ErrorState error={failure} onRetry={begin} />}
      {shown?.looked === 0 && running === undefined && <EmptyState title={words.none} />}
      {shown !== undefined && shown.looked > 0 && <Results analysis={shown.analysis} />}
    </>
  );
}

function Results({ analysis }: { analysis: Analysis }) {
  const { bytes } = analysis;
  return (
    <>
      <div className={sections.halves}>
        <Groups title={words.byType} header={words.type} groups={analysis.byType} bytes={bytes} />
        <Groups
          title={words.byPrefix}
          header={words.prefix}
          groups={analysis.byPrefix}
          bytes={bytes}
        />
      </div>
      <Panel title={words.biggest} flush>
        <div className={sections.scroll}>
          <table className={sections.rows}>
            <thead>
              <tr>
                <th scope="col">{words.key}</th>
                <th scope="col">{words.type}</th>
                <th scope="col">{cliWords.databaseLabel}</th>
                <th scope="col" className={sections.end}>
                  {words.bytes}
                </th>
              </tr>
            </thead>
            <tbody className="number">
              {analysis.biggest.map((one) => (
                <tr key={`${one.database} ${one.key.text}`}>
                  <td className="mono">{one.key.text}</td>
                  <td>{one.type}</td>
                  <td>{cliWords.database(one.database)}</td>
                  <td className={sections.end}>{formatBytes(one.bytes)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Panel>
    </>
  );
}

interface GroupsProps {
  title: string;
  header: string;
  groups: Group[];
  bytes: number;
}

function Groups({ title, header, groups, bytes }: GroupsProps) {
  return (
    <Panel title={title} flush>
      <table className={sections.rows}>
        <thead>
          <tr>
            <th scope="col">{header}</th>
            <th scope="col" className={sections.end}>
              {words.keys}
            </th>
            <th scope="col" className={sections.end}>
              {words.bytes}
            </th>
            <th scope="col" className={sections.end}>
              {words.share}
            </th>
          </tr>
        </thead>
        <tbody className="number">
          {groups.map((group) => (
            <tr key={group.name}>
              <td className="mono">{group.name === '' ? words.noPrefix : group.name}</td>
              <td className={sections.end}>{formatNumber(group.keys)}</td>
              <td className={sections.end}>{formatBytes(group.bytes)}</td>
              <td className={sections.end}>{formatPercent(group.bytes, bytes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
