// The elements of a hash, list, set, sorted set or stream, a page at a time.
import { ActionIcon, Button, Modal, Stack, Textarea, TextInput } from '@mantine/core';
import { IconPencil, IconPlus, IconTrash } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { type SyntheticEvent, useState } from 'react';

import type { Call, Word } from '~/api/commands';
import type { KeyName } from '~/keys/scan';
import {
  type Element,
  putElement,
  readElements,
  removeElement,
  type ValueType,
} from '~/keys/value';
import classes from '~/pages/instance/Keys.module.css';
import { strings } from '~/strings';
import { instance as instanceWords } from '~/strings/instance';
import { FormFoot } from '~/ui/FormFoot';
import { textOfFailure } from '~/ui/forms';
import { HiddenHeader } from '~/ui/HiddenHeader';
import sections from '~/ui/sections.module.css';
import { QueryView } from '~/ui/states';
import { toastDone, toastError } from '~/ui/toasts';

const words = instanceWords.keys;

type Kind = Exclude<ValueType, 'string'>;

interface Wording {
  name: string | undefined; // header of what names an element
  value: string | undefined;
  add: string;
  names: boolean; // a new element is given its name
  editable: boolean;
}

const wordings: Record<Kind, Wording> = {
  hash: {
    name: words.field,
    value: words.value,
    add: words.addField,
    names: true,
    editable: true,
  },
  list: {
    name: words.index,
    value: words.element,
    add: words.addElement,
    names: false,
    editable: true,
  },
  set: {
    name: words.member,
    value: undefined,
    add: words.addMember,
    names: true,
    editable: false,
  },
  zset: {
    name: words.member,
    value: words.score,
    add: words.addMember,
    names: true,
    editable: true,
  },
  stream: {
    name: words.entry,
    value: words.fields,
    add: words.addEntry,
    names: false,
    editable: false,
  },
};

interface CollectionValueProps {
  call: Call;
  name: KeyName;
  type: Kind;
  length: number;
  mayWrite: boolean;
  onChanged: () => void;
}

export function CollectionValue(props: CollectionValueProps) {
  const { call, name, type, mayWrite, onChanged } = props;
  const wording = wordings[type];
  const query = useInfiniteQuery({
    queryKey: ['nodes', call.node, 'key', call.database, name.word, 'elements'],
    queryFn: ({ pageParam, signal }) =>
      readElements({ ...call, signal }, name.word, type, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
  });
  const [edited, setEdited] = useState<Element | 'new'>();
  const remove = useMutation({
    mutationFn: (element: Element) => removeElement(call, name.word, type, element),
    onSuccess: onChanged,
    onError: toastError,
  });
  return (
    <>
      {mayWrite && (
        <div className={classes.text}>
          <div className={classes.bar}>
            <Button
              variant="default"
              leftSection={<IconPlus size={14} />}
              onClick={() => setEdited('new')}
            >
              {wording.add}
            </Button>
          </div>
        </div>
      )}
      <QueryView query={query}>
        {({ pages }) => (
          <Elements
            elements={pages.flatMap((page) => page.elements)}
            wording={wording}
            {...(mayWrite && {
              onRemove: (element: Element) => remove.mutate(element),
              ...(wording.editable && { onEdit: setEdited }),
            })}
          />
        )}
      </QueryView>
      {query.hasNextPage && (
        <div className={classes.text}>
          <Button
            variant="default"
            loading={query.isFetchingNextPage}
            onClick={() => void query.fetchNextPage()}
          >
            {words.showMore}
          </Button>
        </div>
      )}
      {edited !== undefined && (
        <ElementDialog
          call={call}
          name={name}
          type={type}
          wording={wording}
          element={edited === 'new' ? undefined : edited}
          onClose={() => setEdited(undefined)}
          onDone={onChanged}
        />
      )}
    </>
  );
}

interface ElementsProps {
  elements: Element[];
  wording: Wording;
  onEdit?: (element: Element) => void;
  onRemove?: (element: Element) => void;
}

function Elements({ elements, wording, onEdit, onRemove }: ElementsProps) {
  return (
    <div className={sections.scroll}>
      <table className={sections.rows}>
        <thead>
          <tr>
            {wording.name !== undefined && <th scope="col">{wording.name}</th>}
            {wording.value !== undefined && <th scope="col">{wording.value}</th>}
            {onRemove && <HiddenHeader label={strings.instances.columns.actions} />}
          </tr>
        </thead>
        <tbody className="mono">
          {elements.map((element) => (
            <tr key={element.id}>
              <td>{element.nameText}</td>
              {wording.value !== undefined && <td>{element.valueText}</td>}
              {onRemove && (
                <td className={sections.end}>
                  {onEdit && (
                    <ActionIcon
                      aria-label={words.editElement(element.nameText)}
                      onClick={() => onEdit(element)}
                    >
                      <IconPencil size={14} />
                    </ActionIcon>
                  )}
                  <ActionIcon
                    aria-label={words.removeElement(element.nameText)}
                    onClick={() => onRemove(element)}
                  >
                    <IconTrash size={14} />
                  </ActionIcon>
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface ElementDialogProps {
  call: Call;
  name: KeyName;
  type: Kind;
  wording: Wording;
  element: Element | undefined; // none: a new one
  onClose: () => void;
  onDone: () => void;
}

function ElementDialog(props: ElementDialogProps) {
  const { call, name, type, wording, element, onClose, onDone } = props;
  const [field, setField] = useState(element?.nameText ?? '');
  const [value, setValue] = useState(element?.valueText ?? '');
  const target: Word = element?.name ?? (wording.names ? field : '');
  const save = useMutation({
    mutationFn: () => putElement(call, name.word, type, target, value),
    onSuccess: () => {
      toastDone(words.saved);
      onDone();
      onClose();
    },
  });
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={element === undefined ? wording.add : words.editElement(element.nameText)}
    >
      <form onSubmit={submit}>
        <Stack gap="md">
          {element === undefined && wording.names && (
            <TextInput
              data-autofocus
              label={wording.name}
              autoComplete="off"
              spellCheck={false}
              value={field}
              onChange={(event) => setField(event.currentTarget.value)}
            />
          )}
          {wording.value !== undefined && (
            <Textarea
              {...(element !== undefined && { 'data-autofocus': true })}
              label={wording.value}
              autosize
              minRows={type === 'zset' ? 1 : 3}
              maxRows={14}
              spellCheck={false}
              value={value}
              onChange={(event) => setValue(event.currentTarget.value)}
            />
          )}
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
