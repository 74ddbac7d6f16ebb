import { Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useSyncExternalStore } from 'react';

import { askNow, isReachable, subscribeToConnection } from '~/api/connection';
import classes from '~/app/Shell.module.css';
import { strings } from '~/strings';
import { toastDone } from '~/ui/toasts';

// Says that the server is away, and has everything asked again once it is back.
export function ConnectionBanner() {
  const reachable = useSyncExternalStore(subscribeToConnection, isReachable);
  const queries = useQueryClient();
  const was = useRef(reachable);
  useEffect(() => {
    if (reachable && !was.current) {
      toastDone(strings.shell.back);
      void queries.invalidateQueries();
    }
    was.current = reachable;
  }, [reachable, queries]);
  if (reachable) return null;
  return (
    <div className={classes.banner} role="alert">
      {strings.shell.offline}
      <Button variant="default" size="compact-xs" onClick={askNow}>
        {strings.shell.offlineRetry}
      </Button>
    </div>
  );
}
