import { ActionIcon, Modal, Stack, Text, TextInput } from '@mantine/core';
import { IconPencil, IconSearch } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type SyntheticEvent, useState } from 'react';

import { asFields, asText, run } from '~/api/commands';
import type { SectionProps } from '~/pages/instance/section';
import { strings } from '~/strings';
import { instance as instanceWords } from '~/strings/instance';
import { FormFoot } from '~/ui/FormFoot';
import { textOfFailure } from '~/ui/forms';
import { Panel } from '~/ui/Page';
import { HiddenHeader } from '~/ui/HiddenHeader';
import sections from '~/ui/sections.module.css';
import { QueryView } from '~/ui/states';
import { toastDone } from '~/ui/toasts';

const words = instanceWords.config;

interface Parameter {
  name: string;
  value: string;
}

function configQuery(node: string) {
  return {
    queryKey: ['nodes', node, 'config'],
    queryFn: async ({ signal }: { signal: AbortSignal }): Promise<Parameter[]> => {
      const fields = asFields(await run({ node, signal }, 'CONFIG', 'GET', '*'));
      return [...fields]
        .map(([name, value]) => ({ name, value: asText(value) }))
        .sort((a, b) => a.name.localeCompare(b.name));
    },
  };
}

export default function Config({ node, mayWrite }: SectionProps) {
  const query = useQuery(configQuery(node.id));
  const [text, setText] = useState('');
  const [edited, setEdited] = useState<Parameter>();
  return (
    <Panel
      title={instanceWords.tabs.config}
      flush
      actions={
        <TextInput
          size="xs"
          type="search"
          leftSection={<IconSearch size={14} aria-hidden />}
          placeholder={words.search}
          aria-label={words.search}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
      }
    >
      <p className={sections.note}>{words.note}</p>
      <QueryView query={query}>
        {(parameters) => (
          <table className={sections.rows}>
            <thead>
              <tr>
                <th scope="col">{words.parameter}</th>
                <th scope="col">{words.value}</th>
                {mayWrite && <HiddenHeader label={strings.instances.columns.actions} />}
              </tr>
            </thead>
            <tbody>
              {parameters
                .filter((one) => one.name.includes(text.trim().toLowerCase()))
                .map((one) => (
                  <tr key={one.name}>
                    <td className="mono">{one.name}</td>
                    <td className="mono">{one.value}</td>
                    {mayWrite && (
                      <td className={sections.end}>
                        <ActionIcon
                          aria-label={words.edit(one.name)}
                          onClick={() => setEdited(one)}
                        >
                          <IconPencil size={14} />
                        </ActionIcon>
                      </td>
                    )}
                  </tr>
                ))}
            </tbody>
          </table>
        )}
      </QueryView>
      {edited !== undefined && (
        <Edit node={node.id} parameter={edited} onClose={() => setEdited(undefined)} />
      )}
    </Panel>
  );
}

interface EditProps {
  node: string;
  parameter: Parameter;
  onClose: () => void;
}

function Edit({ node, parameter, onClose }: EditProps) {
  const [value, setValue] = useState(parameter.value);
  const queries = useQueryClient();
  const save = useMutation({
    mutationFn: () => run({ node }, 'CONFIG', 'SET', parameter.name, value),
    onSuccess: () => {
      toastDone(words.saved(parameter.name));
      void queries.invalidateQueries({ queryKey: configQuery(node).queryKey });
      onClose();
    },
  });
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Modal opened onClose={onClose} title={words.edit(parameter.name)} size="sm">
      <form onSubmit={submit}>
        <Stack gap="md">
          <TextInput
            data-autofocus
            label={words.value}
            autoComplete="off"
            spellCheck={false}
            value={value}
            onChange={(event) => setValue(event.currentTarget.value)}
          />
          <Text size="xs" c="dimmed">
            {words.note}
          </Text>
          <FormFoot
            failure={save.error === null ? undefined : textOfFailure(save.error)}
            submit={strings.common.save}
            pending={save.isPending}
            onClose={onClose}
          />
        </Stack>
      </form>
    </Modal>
  );
}
