import { Button } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

import { auth, done } from '~/api/client';
import { type LogInSession, sessionsQuery } from '~/api/me';
import { formatAgo, formatTime } from '~/format';
import classes from '~/pages/account/account.module.css';
import { account as accountWords } from '~/strings/account';
import { Panel } from '~/ui/Page';
import { QueryView } from '~/ui/states';
import { toastDone, toastError } from '~/ui/toasts';

const words = accountWords;
const programs = ['Edg', 'OPR', 'Firefox', 'Chrome', 'Safari', 'curl', 'python'];
const systems = ['Windows', 'Android', 'iPhone', 'iPad', 'Mac OS', 'Linux'];

// "Firefox, Linux" out of what a program says of itself, else its first words.
export function agentName(agent: string): string {
  const program = programs.find((one) => agent.includes(one));
  const system = systems.find((one) => agent.includes(one));
  const names = [program === 'Edg' ? 'Edge' : program === 'OPR' ? 'Opera' : program, system];
  return names.filter(Boolean).join(', ') || agent.slice(0, 40) || words.unknownAgent;
}

export function Sessions() {
  const query = useQuery(sessionsQuery);
  const queries = useQueryClient();
  const refresh = () => void queries.invalidateQueries({ queryKey: sessionsQuery.queryKey });
  const end = useMutation({
    mutationFn: (id: string) =>
      done(auth.DELETE('/auth/v1/sessions/{session_id}', { params: { path: { session_id: id } } })),
    onSuccess: () => toastDone(words.sessionEnded),
    onError: toastError,
    onSettled: refresh,
  });
  const endOthers = useMutation({
    mutationFn: () => done(auth.DELETE('/auth/v1/sessions')),
    onSuccess: () => toastDone(words.othersEnded),
    onError: toastError,
    onSettled: refresh,
  });
  const others = query.data?.some((one) => !one.current) ?? false;
  return (
    <Panel
      title={words.sessions}
      flush
      actions={
        others && (
          <Button
            variant="default"
            loading={endOthers.isPending}
            onClick={() => endOthers.mutate()}
          >
            {words.endOthers}
          </Button>
        )
      }
    >
      <QueryView query={query} compact>
        {(sessions) => (
          <ul className={classes.rows}>
            {sessions.map((one) => (
              <Row
                key={one.id}
                session={one}
                pending={end.isPending && end.variables === one.id}
                onEnd={() => end.mutate(one.id)}
              />
            ))}
          </ul>
        )}
      </QueryView>
    </Panel>
  );
}

interface RowProps {
  session: LogInSession;
  pending: boolean;
  onEnd: () => void;
}

function Row({ session, pending, onEnd }: RowProps) {
  const name = agentName(session.agent);
  const parts = [
    session.address,
    session.method,
    words.begun(formatTime(session.created_at)),
    words.lastUsed(formatAgo(session.last_used_at)),
  ];
  return (
    <li className={classes.row}>
      <span className={classes.grow} title={session.agent}>
        {name}
        <small>{parts.filter(Boolean).join(' · ')}</small>
      </span>
      {session.current ? (
        <span className={classes.soft}>{words.thisSession}</span>
      ) : (
        <Button
          variant="default"
          loading={pending}
          aria-label={words.endSessionOf(name)}
          onClick={onEnd}
        >
          {words.endSession}
        </Button>
      )}
    </li>
  );
}
