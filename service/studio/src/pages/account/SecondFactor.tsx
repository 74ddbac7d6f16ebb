import { Button, Group, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { meQuery, type User } from '~/api/me';
import { account as accountWords } from '~/strings/account';
import { NewCodesDialog } from '~/pages/account/NewCodesDialog';
import { SetUpDialog } from '~/pages/account/SetUpDialog';
import { TurnOffDialog } from '~/pages/account/TurnOffDialog';
import { Panel } from '~/ui/Page';
import { StateBadge } from '~/ui/StateBadge';

const words = accountWords;
type Shown = 'set-up' | 'codes' | 'turn-off';

export function SecondFactor({ user }: { user: User }) {
  const [shown, show] = useState<Shown>();
  const queries = useQueryClient();
  const close = () => {
    show(undefined);
    void queries.invalidateQueries({ queryKey: meQuery.queryKey });
  };
  const on = user.second_factor;
  return (
    <Panel
      title={words.factor}
      actions={<StateBadge tone={on ? 'ok' : 'quiet'} label={on ? words.on : words.off} />}
    >
      <Text c="dimmed" mb="md">
        {on ? words.factorOn : words.factorOff}
      </Text>
      <Group gap="sm">
        {on ? (
          <>
            <Button variant="default" onClick={() => show('codes')}>
              {words.newCodes}
            </Button>
            <Button variant="default" onClick={() => show('turn-off')}>
              {words.turnOff}
            </Button>
          </>
        ) : (
          <Button variant="default" onClick={() => show('set-up')}>
            {words.setUp}
          </Button>
        )}
      </Group>
      {shown === 'set-up' && <SetUpDialog hasPassword={user.has_password} onClose={close} />}
      {shown === 'codes' && <NewCodesDialog onClose={close} />}
      {shown === 'turn-off' && <TurnOffDialog hasPassword={user.has_password} onClose={close} />}
    </Panel>
  );
}
