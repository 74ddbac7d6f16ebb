import { Button, Group, Text } from '@mantine/core';

import { strings } from '~/strings';

interface FormFootProps {
  failure: string | undefined;
  submit: string;
  pending: boolean;
  onClose: () => void;
}

// What the server refused and no field is to blame for, and the two buttons of a dialog's form.
export function FormFoot({ failure, submit, pending, onClose }: FormFootProps) {
  return (
    <>
      {failure !== undefined && (
        <Text size="sm" c="var(--bad)" role="alert">
          {failure}
        </Text>
      )}
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {strings.common.cancel}
        </Button>
        <Button type="submit" loading={pending}>
          {submit}
        </Button>
      </Group>
    </>
  );
}
