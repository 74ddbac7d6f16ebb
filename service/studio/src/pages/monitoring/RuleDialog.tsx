import {
  Button,
  Group,
  Modal,
  PasswordInput,
  Select,
  SimpleGrid,
  Stack,
  Text,
  TextInput,
} from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';

import { type Rule, useSaveRule } from '~/api/monitoring';
import type { Node } from '~/api/nodes';
import {
  bodyOf,
  emptyValues,
  kinds,
  operators,
  rateMetrics,
  type RuleValues,
  thresholdMetrics,
  validationFor,
  valuesOf,
} from '~/pages/monitoring/rules';
import { strings } from '~/strings';
import { monitoring as monitoringWords } from '~/strings/monitoring';
import { applyProblem } from '~/ui/forms';
import { toastDone } from '~/ui/toasts';
import { Toggle } from '~/ui/Toggle';

const words = monitoringWords.alerts;
const text = words.form;
const names = monitoringWords.metrics;

// The API's names of fields, to the form's.
const fields = {
  name: 'name',
  'condition.node': 'node',
  'condition.value': 'value',
  'webhook.url': 'url',
  'webhook.secret': 'secret',
};

function hintFor({ kind, metric, counter }: RuleValues): string | undefined {
  const name = kind === 'rate' ? counter : metric;
  if (name.includes('bytes')) return text.bytesHint;
  if (name === 'memory_ratio') return text.ratioHint;
  return name.endsWith('_us') ? text.latencyHint : undefined;
}

interface RuleDialogProps {
  rule: Rule | undefined;
  nodes: readonly Node[];
  onClose: () => void;
}

export function RuleDialog({ rule, nodes, onClose }: RuleDialogProps) {
  const [failure, setFailure] = useState<string>();
  const save = useSaveRule();
  const form = useForm<RuleValues>({
    initialValues: rule ? valuesOf(rule) : emptyValues,
    validateInputOnBlur: true,
    validate: validationFor(rule),
  });
  const submit = form.onSubmit((values) => {
    setFailure(undefined);
    save.mutate(
      { rule, body: bodyOf(values) },
      {
        onSuccess: () => {
          toastDone(words.saved(values.name));
          onClose();
        },
        onError: (error) => setFailure(applyProblem(form, error, fields)),
      },
    );
  });
  const { kind, url, node } = form.values;
  const choices = nodes.map((one) => ({ value: one.id, label: `${one.tenant} / ${one.name}` }));
  const gone = node !== '' && !choices.some((one) => one.value === node);
  return (
    <Modal opened onClose={onClose} title={rule ? text.edit(rule.name) : text.create} size={480}>
      <form onSubmit={submit} noValidate>
        <Stack gap="sm">
          <TextInput data-autofocus label={text.name} {...form.getInputProps('name')} />
          <Select
            label={text.kind}
            data={kinds.map((one) => ({ value: one, label: words.kinds[one] }))}
            allowDeselect={false}
            {...form.getInputProps('kind')}
          />
          <Compared form={form} />
          {kind === 'full_in' && (
            <TextInput label={text.within} inputMode="numeric" {...form.getInputProps('within')} />
          )}
          <Group grow align="flex-start">
            <Select
              label={text.node}
              placeholder={kind === 'absence' ? '' : words.anyNode}
              data={gone ? [...choices, { value: node, label: words.goneNode(node) }] : choices}
              searchable
              clearable={kind !== 'absence'}
              {...form.getInputProps('node')}
              value={node === '' ? null : node}
              onChange={(value: string | null) => form.setFieldValue('node', value ?? '')}
            />
            <TextInput
              label={text.for}
              title={text.forHint}
              inputMode="numeric"
              {...form.getInputProps('held')}
            />
          </Group>
          <TextInput
            label={text.url}
            description={text.urlHint}
            type="url"
            {...form.getInputProps('url')}
          />
          {url !== '' && (
            <PasswordInput
              label={text.secret}
              description={url === rule?.webhook?.url ? text.secretKept : text.secretHint}
              autoComplete="new-password"
              {...form.getInputProps('secret')}
            />
          )}
          <Toggle label={text.enabled} {...form.getInputProps('enabled', { type: 'checkbox' })} />
          {failure !== undefined && (
            <Text size="sm" c="var(--bad)" role="alert">
              {failure}
            </Text>
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {strings.common.cancel}
            </Button>
            <Button type="submit" loading={save.isPending}>
              {text.save}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

type RuleForm = Pick<ReturnType<typeof useForm<RuleValues>>, 'values' | 'getInputProps'>;

function Compared({ form }: { form: RuleForm }) {
  const { kind } = form.values;
  if (kind !== 'threshold' && kind !== 'rate') return null;
  const counted = kind === 'rate';
  const metrics = counted ? rateMetrics : thresholdMetrics;
  const suffix = counted ? ` ${words.perSecond}` : '';
  return (
    <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm">
      <Select
        label={text.metric}
        data={metrics.map((one) => ({ value: one, label: `${names[one]}${suffix}` }))}
        allowDeselect={false}
        {...form.getInputProps(counted ? 'counter' : 'metric')}
      />
      <Select
        label={text.op}
        data={operators.map((one) => ({ value: one, label: words.opNames[one] }))}
        allowDeselect={false}
        {...form.getInputProps('op')}
      />
      <TextInput
        label={text.value}
        description={hintFor(form.values)}
        inputWrapperOrder={['label', 'input', 'description', 'error']}
        {...form.getInputProps('value')}
      />
    </SimpleGrid>
  );
}
