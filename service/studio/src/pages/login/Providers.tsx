import { Button, Divider, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';

import { openAuth, take } from '~/api/client';
import classes from '~/pages/login/Card.module.css';
import type { LogInAnswer } from '~/pages/login/PasswordStep';
import { strings } from '~/strings';

// Not part of the first load.
const FirebaseDialog = lazy(async () => ({
  default: (await import('~/pages/login/FirebaseDialog')).FirebaseDialog,
}));

const providersQuery = {
  queryKey: ['providers'],
  queryFn: ({ signal }: { signal: AbortSignal }) =>
    take(openAuth.GET('/auth/v1/providers', { signal })),
  staleTime: 60_000,
};

interface ProvidersProps {
  returnTo: string;
  invitation?: string;
  onAnswer: (answer: LogInAnswer) => void;
}

// Nothing where no provider is set up.
export function Providers({ returnTo, invitation, onAnswer }: ProvidersProps) {
  const query = useQuery(providersQuery);
  const [firebase, setFirebase] = useState<string>();
  if (query.error) return <p className={classes.notice}>{strings.login.providersFailed}</p>;
  const items =
    query.data?.items.filter((one) => one.kind === 'openid' || one.sign_in_url != null) ?? [];
  if (items.length === 0) return null;
  const leave = (path: string) => {
    const target = new URL(path, globalThis.location.origin);
    // Back to the log-in, which takes a challenge of the second factor and goes on from there.
    target.searchParams.set('return_to', `/login?return_to=${encodeURIComponent(returnTo)}`);
    if (invitation !== undefined && invitation !== '')
      target.searchParams.set('invitation', invitation);
    globalThis.location.assign(target);
  };
  return (
    <>
      <Divider my="md" label={strings.login.or} />
      <Stack gap="xs">
        {items.map((one) => (
          <Button
            key={one.name}
            variant="default"
            size="sm"
            onClick={() =>
              one.sign_in_url != null ? setFirebase(one.sign_in_url) : leave(one.log_in)
            }
          >
            {strings.login.withProvider(one.kind === 'firebase' ? 'Firebase' : one.title)}
          </Button>
        ))}
      </Stack>
      {firebase !== undefined && (
        <Suspense>
          <FirebaseDialog
            url={firebase}
            invitation={invitation}
            onAnswer={onAnswer}
            onClose={() => setFirebase(undefined)}
          />
        </Suspense>
      )}
    </>
  );
}
