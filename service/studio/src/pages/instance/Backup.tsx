import { Button, Checkbox, FileInput, Progress as Bar, Stack, Text } from '@mantine/core';
import { IconDownload, IconUpload } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';

import { useLive } from '~/api/figures';
import type { Node } from '~/api/nodes';
import { formatBytes, formatNumber, formatPercent } from '~/format';
import { exportKeys, type Imported, importKeys, type Progress } from '~/keys/backup';
import { RdbError } from '~/keys/rdb';
import type { SectionProps } from '~/pages/instance/section';
import { instance as instanceWords } from '~/strings/instance';
import { textOfFailure } from '~/ui/forms';
import { Panel } from '~/ui/Page';
import sections from '~/ui/sections.module.css';

const words = instanceWords.backup;

export default function Backup({ node, mayWrite }: SectionProps) {
  return (
    <div className={sections.halves}>
      <Export node={node} />
      {mayWrite && <Import node={node} />}
    </div>
  );
}

type Step =
  | { phase: 'idle' }
  | { phase: 'running'; progress: Progress }
  | { phase: 'done'; text: string }
  | { phase: 'failed'; text: string };

// Work that is shown as it goes on, and ends with the page.
function useWork() {
  const [step, setStep] = useState<Step>({ phase: 'idle' });
  const controller = useRef<AbortController | undefined>(undefined);
  useEffect(() => () => controller.current?.abort(), []);
  const begin = (
    work: (signal: AbortSignal, onProgress: (progress: Progress) => void) => Promise<string>,
  ) => {
    const made = new AbortController();
    controller.current = made;
    setStep({ phase: 'running', progress: { keys: 0, share: 0 } });
    work(made.signal, (progress) => setStep({ phase: 'running', progress })).then(
      (text) => setStep({ phase: 'done', text }),
      (failure: unknown) =>
        setStep({
          phase: 'failed',
          text: made.signal.aborted ? words.cancelled : failureText(failure),
        }),
    );
  };
  return { step, begin, cancel: () => controller.current?.abort() };
}

function failureText(failure: unknown): string {
  if (!(failure instanceof RdbError)) return textOfFailure(failure);
  switch (failure.kind) {
    case 'not-rdb':
      return words.notRdb;
    case 'unsupported':
      return words.unsupported;
    case 'broken':
      return words.broken(formatNumber(failure.offset));
  }
}

function StepView({ step, label, onCancel }: { step: Step; label: string; onCancel: () => void }) {
  if (step.phase === 'idle') return null;
  if (step.phase === 'running') {
    const { keys, share } = step.progress;
    return (
      <>
        <Bar size="sm" aria-label={label} value={share * 100} />
        <div className={sections.toolbar}>
          <span role="status" className="number" style={{ flex: 1 }}>
            {formatNumber(keys)} · {formatPercent(share, 1)}
          </span>
          <Button variant="default" onClick={onCancel}>
            {words.cancel}
          </Button>
        </div>
      </>
    );
  }
  return (
    <Text
      role={step.phase === 'failed' ? 'alert' : 'status'}
      c={step.phase === 'failed' ? 'var(--bad)' : 'var(--ok)'}
      style={{ whiteSpace: 'pre-line' }}
    >
      {step.text}
    </Text>
  );
}

function Export({ node }: { node: Node }) {
  const live = useLive(node.id)?.now;
  const { step, begin, cancel } = useWork();
  const start = () =>
    begin(async (signal, onProgress) => {
      const filled = (live?.databases ?? []).filter((one) => one.keys > 0);
      const databases = filled.length > 0 ? filled : [{ index: 0, keys: 0 }];
      const { file, keys, bytes } = await exportKeys({
        node: node.id,
        databases,
        signal,
        onProgress,
      });
      const link = document.createElement('a');
      link.href = URL.createObjectURL(file);
      link.download = `${node.name}.rdb`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
      return words.exportDone(formatNumber(keys), formatBytes(bytes));
    });
  return (
    <Panel title={words.export}>
      <Stack gap="md">
        <Text c="dimmed">{words.exportDetail}</Text>
        <div>
          <Button
            leftSection={<IconDownload size={14} />}
            loading={step.phase === 'running'}
            onClick={start}
          >
            {words.exportStart}
          </Button>
        </div>
        <StepView step={step} label={words.export} onCancel={cancel} />
      </Stack>
    </Panel>
  );
}

function importText(result: Imported): string {
  return [
    words.importDone(formatNumber(result.keys)),
    result.skipped > 0 && words.skipped(formatNumber(result.skipped)),
    result.expired > 0 && words.expired(formatNumber(result.expired)),
    result.failed > 0 && words.failed(formatNumber(result.failed), result.firstFailure),
  ]
    .filter((line) => line !== false)
    .join('\n');
}

function Import({ node }: { node: Node }) {
  const [file, setFile] = useState<File | null>(null);
  const [replace, setReplace] = useState(false);
  const { step, begin, cancel } = useWork();
  const start = (chosen: File) =>
    begin(async (signal, onProgress) =>
      importText(await importKeys({ node: node.id, file: chosen, replace, signal, onProgress })),
    );
  return (
    <Panel title={words.import}>
      <Stack gap="md">
        <Text c="dimmed">{words.importDetail}</Text>
        <FileInput
          size="xs"
          aria-label={words.importChoose}
          placeholder={words.importChoose}
          accept=".rdb,application/octet-stream"
          clearable
          value={file}
          onChange={setFile}
        />
        <Checkbox
          size="xs"
          label={words.replace}
          checked={replace}
          onChange={(event) => setReplace(event.currentTarget.checked)}
        />
        <div>
          <Button
            leftSection={<IconUpload size={14} />}
            disabled={file === null}
            loading={step.phase === 'running'}
            onClick={() => file !== null && start(file)}
          >
            {words.importStart}
          </Button>
        </div>
        <StepView step={step} label={words.import} onCancel={cancel} />
      </Stack>
    </Panel>
  );
}
