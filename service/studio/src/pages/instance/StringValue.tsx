import { Button, SegmentedControl, Textarea } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { type Call, run } from '~/api/commands';
import { formatBytes } from '~/format';
import { base64OfBytes, bytesOfBase64, escapedOf, unescapedOf, utf8Of } from '~/keys/bytes';
import type { KeyName } from '~/keys/scan';
import { mostText, readText, type TextValue } from '~/keys/value';
import classes from '~/pages/instance/Keys.module.css';
import { cli as cliWords } from '~/strings/cli';
import { instance as instanceWords } from '~/strings/instance';
import { QueryView } from '~/ui/states';
import { toastDone, toastError } from '~/ui/toasts';

const words = instanceWords.keys;

type View = 'text' | 'json' | 'binary';

interface StringValueProps {
  call: Call;
  name: KeyName;
  length: number;
  mayWrite: boolean;
  onChanged: () => void;
}

export function StringValue({ call, name, length, mayWrite, onChanged }: StringValueProps) {
  const query = useQuery({
    queryKey: ['nodes', call.node, 'key', call.database, name.word, 'text', length],
    queryFn: ({ signal }) => readText({ ...call, signal }, name.word, length),
  });
  return (
    <QueryView query={query}>
      {(value) => (
        <Editor
          key={value.base64}
          value={value}
          mayWrite={mayWrite}
          onSave={async (bytes) => {
            await run(call, 'SET', name.word, { base64: base64OfBytes(bytes) }, 'KEEPTTL');
            onChanged();
          }}
        />
      )}
    </QueryView>
  );
}

function prettyJson(text: string): string | undefined {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return undefined;
  }
}

interface EditorProps {
  value: TextValue;
  mayWrite: boolean;
  onSave: (bytes: Uint8Array) => Promise<void>;
}

function Editor({ value, mayWrite, onSave }: EditorProps) {
  const bytes = bytesOfBase64(value.base64);
  const utf8 = utf8Of(bytes, value.whole);
  const json = utf8 === undefined || !/^\s*[[{]/.test(utf8) ? undefined : prettyJson(utf8);
  const [view, setView] = useState<View>(
    utf8 === undefined ? 'binary' : json === undefined ? 'text' : 'json',
  );
  const shown = view === 'binary' ? escapedOf(bytes) : view === 'json' ? json : utf8;
  const [draft, setDraft] = useState<string>();
  const save = useMutation({
    mutationFn: onSave,
    onSuccess: () => toastDone(words.saved),
    onError: toastError,
  });
  const text = draft ?? shown ?? '';
  const edited = view === 'binary' ? unescapedOf(text) : new TextEncoder().encode(text);
  const editable = mayWrite && value.whole && view !== 'json';
  const views = [
    ...(utf8 === undefined ? [] : [{ value: 'text', label: words.text }]),
    ...(json === undefined ? [] : [{ value: 'json', label: words.json }]),
    { value: 'binary', label: words.binary },
  ];
  return (
    <div className={classes.text}>
      <div className={classes.bar}>
        <SegmentedControl
          size="xs"
          aria-label={cliWords.view}
          data={views}
          value={view}
          onChange={(chosen) => {
            setView(chosen as View);
            setDraft(undefined);
          }}
        />
        {editable && (
          <Button
            disabled={draft === undefined || draft === shown || edited === undefined}
            loading={save.isPending}
            onClick={() => edited !== undefined && save.mutate(edited)}
          >
            {words.save}
          </Button>
        )}
      </div>
      {!value.whole && <p className={classes.facts}>{words.tooLarge(formatBytes(mostText))}</p>}
      {editable ? (
        <Textarea
          aria-label={words.value}
          className="mono"
          autosize
          minRows={6}
          maxRows={30}
          spellCheck={false}
          error={edited === undefined}
          value={text}
          onChange={(event) => setDraft(event.currentTarget.value)}
        />
      ) : (
        <pre className={`${classes.pre} mono`}>{shown}</pre>
      )}
    </div>
  );
}
