import { Button, Group, Stack, Text } from '@mantine/core';

import classes from '~/pages/account/account.module.css';
import { account as accountWords } from '~/strings/account';
import { CopyButton } from '~/ui/CopyButton';

const words = accountWords;

export function RecoveryCodes({ codes, onKept }: { codes: string[]; onKept: () => void }) {
  return (
    <Stack gap="md">
      <Text c="dimmed">{words.codesDetail}</Text>
      <ul className={`${classes.codes} mono`} aria-label={words.codesTitle}>
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <Group justify="space-between">
        <CopyButton value={codes.join('\n')} label={words.copyCodes} />
        <Button onClick={onKept}>{words.codesKept}</Button>
      </Group>
    </Stack>
  );
}
