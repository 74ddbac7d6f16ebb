import { ActionIcon, Modal, Stack, TextInput, Tooltip } from '@mantine/core';
import { IconArrowLeft, IconClock, IconPencil, IconRefresh, IconTrash } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type SyntheticEvent, useState } from 'react';

import { type Call, run } from '~/api/commands';
import { formatBytes, formatDuration, formatNumber } from '~/format';
import type { KeyName } from '~/keys/scan';
import { type KeyFacts, setTtl } from '~/keys/value';
import { factsOf } from '~/keys/value';
import classes from '~/pages/instance/Keys.module.css';
import { CollectionValue } from '~/pages/instance/CollectionValue';
import { StringValue } from '~/pages/instance/StringValue';
import { instance as instanceWords } from '~/strings/instance';
import { Confirm } from '~/ui/Confirm';
import { CopyButton } from '~/ui/CopyButton';
import { FormFoot } from '~/ui/FormFoot';
import { textOfFailure } from '~/ui/forms';
import { EmptyState, QueryView } from '~/ui/states';
import { toastDone } from '~/ui/toasts';

const words = instanceWords.keys;

interface KeyViewProps {
  call: Call;
  name: KeyName;
  mayWrite: boolean;
  onBack: () => void;
  onGone: () => void; // deleted or renamed: the list is to be read anew
}

type Dialog = 'ttl' | 'rename' | 'remove';

export function KeyView({ call, name, mayWrite, onBack, onGone }: KeyViewProps) {
  const queries = useQueryClient();
  const queryKey = ['nodes', call.node, 'key', call.database, name.word];
  const facts = useQuery({
    queryKey: [...queryKey, 'facts'],
    queryFn: ({ signal }) => factsOf({ ...call, signal }, name.word),
  });
  const [dialog, setDialog] = useState<Dialog>();
  const refresh = () => void queries.invalidateQueries({ queryKey });
  const close = () => setDialog(undefined);
  return (
    <>
      <div className={classes.head}>
        <span className={classes.back}>
          <ActionIcon aria-label={words.list} onClick={onBack}>
            <IconArrowLeft size={16} />
          </ActionIcon>
        </span>
        <h2 className={`${classes.name} mono`}>{name.text}</h2>
        <CopyButton value={name.text} />
        <Action label={instanceWords.refresh} icon={IconRefresh} onClick={refresh} />
        {mayWrite && (
          <>
            <Action label={words.setTtl} icon={IconClock} onClick={() => setDialog('ttl')} />
            <Action label={words.rename} icon={IconPencil} onClick={() => setDialog('rename')} />
            <Action label={words.remove} icon={IconTrash} onClick={() => setDialog('remove')} />
          </>
        )}
        {facts.data !== undefined && <Facts facts={facts.data} />}
      </div>
      <QueryView query={facts}>
        {(known) => (
          <Value call={call} name={name} facts={known} mayWrite={mayWrite} onChanged={refresh} />
        )}
      </QueryView>
      {dialog === 'ttl' && (
        <TtlDialog
          call={call}
          name={name}
          ttlMs={facts.data?.ttlMs ?? -1}
          onClose={close}
          onDone={refresh}
        />
      )}
      {dialog === 'rename' && (
        <RenameDialog call={call} name={name} onClose={close} onDone={onGone} />
      )}
      {dialog === 'remove' && (
        <RemoveDialog call={call} name={name} onClose={close} onDone={onGone} />
      )}
    </>
  );
}

interface ActionProps {
  label: string;
  icon: typeof IconTrash;
  onClick: () => void;
}

function Action({ label, icon: Icon, onClick }: ActionProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon aria-label={label} onClick={onClick}>
        <Icon size={16} />
      </ActionIcon>
    </Tooltip>
  );
}

function Facts({ facts }: { facts: KeyFacts }) {
  if (facts.type === 'none') return null;
  const ttl = facts.ttlMs < 0 ? words.noTtl : formatDuration(facts.ttlMs / 1000);
  return (
    <div className={`${classes.facts} number`}>
      <span>
        {facts.type} · {facts.encoding}
      </span>
      <span>
        {words.length} {formatNumber(facts.length)}
      </span>
      <span>
        {words.memory} {formatBytes(facts.bytes)}
      </span>
      <span>
        {words.ttl}: {ttl}
      </span>
    </div>
  );
}

interface ValueProps {
  call: Call;
  name: KeyName;
  facts: KeyFacts;
  mayWrite: boolean;
  onChanged: () => void;
}

function Value({ call, name, facts, mayWrite, onChanged }: ValueProps) {
  const { type } = facts;
  if (type === 'none') return <EmptyState title={words.gone} detail={words.goneDetail} />;
  if (type === 'other') return <EmptyState title={words.notInBrowser} />;
  const shared = { call, name, length: facts.length, mayWrite, onChanged };
  if (type === 'string') return <StringValue {...shared} />;
  return <CollectionValue {...shared} type={type} />;
}

interface DialogProps {
  call: Call;
  name: KeyName;
  onClose: () => void;
  onDone: () => void;
}

function TtlDialog({ call, name, ttlMs, onClose, onDone }: DialogProps & { ttlMs: number }) {
  const [text, setText] = useState(ttlMs < 0 ? '' : String(Math.ceil(ttlMs / 1000)));
  const save = useMutation({
    mutationFn: () => setTtl(call, name.word, text.trim() === '' ? undefined : Number(text)),
    onSuccess: () => {
      toastDone(words.saved);
      onDone();
      onClose();
    },
  });
  const valid = /^\d*$/.test(text.trim());
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (valid) save.mutate();
  };
  return (
    <Modal opened onClose={onClose} title={words.setTtl} size="sm">
      <form onSubmit={submit}>
        <Stack gap="md">
          <TextInput
            data-autofocus
            label={words.seconds}
            inputMode="numeric"
            value={text}
            error={!valid}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          <FormFoot
            failure={save.error === null ? undefined : textOfFailure(save.error)}
            submit={words.save}
            pending={save.isPending}
            onClose={onClose}
          />
        </Stack>
      </form>
    </Modal>
  );
}

function RenameDialog({ call, name, onClose, onDone }: DialogProps) {
  const [text, setText] = useState(name.text);
  const rename = useMutation({
    mutationFn: async () => {
      const done = await run(call, 'RENAMENX', name.word, text);
      if (done !== 1) throw new Error(words.exists);
    },
    onSuccess: () => {
      toastDone(words.saved);
      onDone();
    },
  });
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    rename.mutate();
  };
  return (
    <Modal opened onClose={onClose} title={words.rename} size="sm">
      <form onSubmit={submit}>
        <Stack gap="md">
          <TextInput
            data-autofocus
            label={words.newName}
            autoComplete="off"
            spellCheck={false}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          <FormFoot
            failure={rename.error === null ? undefined : rename.error.message}
            submit={words.rename}
            pending={rename.isPending}
            onClose={onClose}
          />
        </Stack>
      </form>
    </Modal>
  );
}

function RemoveDialog({ call, name, onClose, onDone }: DialogProps) {
  const remove = useMutation({
    mutationFn: () => run(call, 'UNLINK', name.word),
    onSuccess: () => {
      toastDone(words.removed);
      onDone();
    },
  });
  return (
    <Confirm
      title={words.removeTitle(name.text)}
      detail={words.removeDetail}
      submit={words.remove}
      danger
      pending={remove.isPending}
      failure={remove.error === null ? undefined : textOfFailure(remove.error)}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    />
  );
}
