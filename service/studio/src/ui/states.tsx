// What a page or a panel shows instead of its content.
import { Button, Skeleton, Stack } from '@mantine/core';
import { IconAlertTriangle, IconPlugConnectedX } from '@tabler/icons-react';
import type { ReactNode } from 'react';

import { asApiError } from '~/api/errors';
import { strings } from '~/strings';
import classes from '~/ui/states.module.css';

interface EmptyProps {
  icon?: ReactNode;
  title: string;
  detail?: ReactNode;
  action?: ReactNode;
  compact?: boolean;
}

export function EmptyState({ icon, title, detail, action, compact }: EmptyProps) {
  return (
    <div className={compact ? `${classes.state} ${classes.compact}` : classes.state}>
      {icon !== undefined && <div className={classes.icon}>{icon}</div>}
      <p className={classes.title}>{title}</p>
      {detail !== undefined && <p className={classes.detail}>{detail}</p>}
      {action !== undefined && <div className={classes.action}>{action}</div>}
    </div>
  );
}

interface ErrorProps {
  error: unknown;
  onRetry?: () => void;
  compact?: boolean;
  ofPage?: boolean; // all that there is of the page: the title is its heading
}

export function ErrorState({ error, onRetry, compact, ofPage }: ErrorProps) {
  const failure = asApiError(error);
  const away = failure.kind === 'network' || failure.kind === 'timeout';
  const Icon = away ? IconPlugConnectedX : IconAlertTriangle;
  const Title = ofPage ? 'h1' : 'p';
  const { requestId } = failure.more;
  return (
    <div role="alert" className={compact ? `${classes.state} ${classes.compact}` : classes.state}>
      <div className={classes.icon}>
        <Icon size={18} aria-hidden />
      </div>
      <Title className={classes.title}>{failure.title}</Title>
      {failure.detail !== '' && <p className={classes.detail}>{failure.detail}</p>}
      {requestId !== undefined && (
        <p className={`${classes.fine} mono`}>{strings.common.requestId(requestId)}</p>
      )}
      {onRetry && (
        <div className={classes.action}>
          <Button variant="default" onClick={onRetry}>
            {strings.common.retry}
          </Button>
        </div>
      )}
    </div>
  );
}

// Lines where text is to come; as high as the content, so that nothing jumps.
export function LoadingState({ lines = 4, height = 16 }: { lines?: number; height?: number }) {
  return (
    <Stack gap="sm" p="md" role="status" aria-label={strings.common.loading}>
      {Array.from({ length: lines }, (_, index) => (
        <Skeleton key={index} height={height} width={`${100 - ((index * 17) % 40)}%`} />
      ))}
    </Stack>
  );
}

interface QueryLike<T> {
  data: T | undefined;
  error: unknown;
  isPending: boolean;
  refetch: () => unknown;
}

interface QueryViewProps<T> {
  query: QueryLike<T>;
  children: (data: T) => ReactNode;
  loading?: ReactNode;
  compact?: boolean;
}

// A query's content, or why there is none. Data that is there is shown even when a later request has
// failed: the banner of the shell says that it may be old.
export function QueryView<T>({ query, children, loading, compact }: QueryViewProps<T>) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.isPending) return <>{loading ?? <LoadingState />}</>;
  return (
    <ErrorState
      error={query.error}
      onRetry={() => void query.refetch()}
      {...(compact !== undefined && { compact })}
    />
  );
}
