import { Anchor, Button, Group, PinInput, Stack, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type SyntheticEvent, useState } from 'react';

import { openAuth, take } from '~/api/client';
import type { components } from '~/api/generated/auth';
import { Failure } from '~/pages/login/Card';
import type { LogInAnswer } from '~/pages/login/PasswordStep';
import { strings } from '~/strings';
import { textOfFailure } from '~/ui/forms';

interface FactorStepProps {
  challenge: string;
  onAnswer: (answer: LogInAnswer) => void;
  onStartOver: () => void;
}

type Body = components['schemas']['SecondFactorLogIn'];

export function FactorStep({ challenge, onAnswer, onStartOver }: FactorStepProps) {
  const [recovery, setRecovery] = useState(false);
  const [text, setText] = useState('');
  const verify = useMutation({
    mutationFn: (body: Body) => take(openAuth.POST('/auth/v1/login/second-factor', { body })),
    onSuccess: onAnswer,
  });
  const send = (code: string) => {
    if (verify.isPending || code.trim() === '') return;
    verify.mutate(
      recovery ? { challenge, recovery_code: code.trim() } : { challenge, code: code.trim() },
      // Not after swap(): what is typed then is another code.
      { onError: () => setText('') },
    );
  };
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    send(text);
  };
  const swap = () => {
    setText('');
    verify.reset();
    setRecovery(!recovery);
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        {recovery ? (
          <TextInput
            key="recovery"
            label={strings.login.recoveryCode}
            autoComplete="off"
            autoFocus
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
        ) : (
          <Group justify="center">
            <PinInput
              key="code"
              length={6}
              type="number"
              oneTimeCode
              autoFocus
              aria-label={strings.login.code}
              value={text}
              onChange={setText}
              onComplete={send}
            />
          </Group>
        )}
        <Failure text={verify.error ? textOfFailure(verify.error) : undefined} />
        <Button
          type="submit"
          size="sm"
          loading={verify.isPending}
          disabled={recovery ? text.trim() === '' : text.length !== 6}
        >
          {strings.login.verify}
        </Button>
        <Group justify="space-between">
          <Anchor component="button" type="button" size="sm" c="dimmed" onClick={swap}>
            {recovery ? strings.login.useCode : strings.login.useRecovery}
          </Anchor>
          <Anchor component="button" type="button" size="sm" c="dimmed" onClick={onStartOver}>
            {strings.login.startOver}
          </Anchor>
        </Group>
      </Stack>
    </form>
  );
}
