import { useQuery } from '@tanstack/react-query';

import { asApiError } from '~/api/errors';
import { monitoringHealthQuery, summaryQuery } from '~/api/monitoring';
import { monitoring as monitoringWords } from '~/strings/monitoring';
import { textOfFailure } from '~/ui/forms';
import { Notice } from '~/ui/Notice';

const words = monitoringWords;

// What to do about a part that is down.
export function adviceFor(part: string): string {
  return part in words.advice
    ? words.advice[part as keyof typeof words.advice]
    : words.advice.other;
}

export function nameOf(part: string): string {
  const { names } = words.services;
  return part in names ? names[part as keyof typeof names] : part;
}

// Says that history and alerts are away, why, and what helps. Nothing while all is well.
export function Away({ platform }: { platform: boolean }) {
  const summary = useQuery(summaryQuery);
  const health = useQuery({ ...monitoringHealthQuery, enabled: platform && summary.isSuccess });
  if (summary.isError) {
    const error = asApiError(summary.error);
    if (error.kind === 'signed-out') return null;
    // The gateway knows no such path when it was told of no service.
    const advice = error.status === 404 ? words.away.missing : words.away.down;
    return (
      <Notice title={words.away.title} lines={[words.away.detail, advice, textOfFailure(error)]} />
    );
  }
  const causes = Object.entries(health.data?.causes ?? {});
  if (causes.length === 0) return null;
  return (
    <Notice
      title={words.away.degraded}
      lines={causes.map(([part, cause]) => `${nameOf(part)}: ${cause}. ${adviceFor(part)}`)}
    />
  );
}
