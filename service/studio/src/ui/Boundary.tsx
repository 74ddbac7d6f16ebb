import { QueryErrorResetBoundary } from '@tanstack/react-query';
import { Component, type ReactNode } from 'react';

import { makeSure } from '~/api/connection';
import { ApiError } from '~/api/errors';
import { strings } from '~/strings';
import { ErrorState } from '~/ui/states';

interface Props {
  children: ReactNode;
  title: string;
  ofPage?: boolean; // all that there is of the page
  onReset?: () => void;
  // Another value is another content, which is given a try.
  resetKey?: unknown;
}

interface State {
  failure: unknown;
}

// The browsers' words for a chunk that is gone, as it is after an update of the server.
const chunkFailure = /dynamically imported module|module script failed|Unable to preload/i;

function explained(failure: unknown, title: string): ApiError {
  if (failure instanceof ApiError) return failure;
  const text = failure instanceof Error ? failure.message : String(failure);
  if (chunkFailure.test(text)) {
    return new ApiError('shape', strings.shell.newVersion, strings.shell.newVersionDetail);
  }
  return new ApiError('shape', title, `${strings.shell.brokenDetail} (${text})`);
}

class Catcher extends Component<Props, State> {
  override state: State = { failure: undefined };

  static getDerivedStateFromError(failure: unknown): State {
    return { failure: failure ?? new Error('unknown') };
  }

  override componentDidCatch(failure: unknown): void {
    if (failure instanceof Error && chunkFailure.test(failure.message)) makeSure();
  }

  override componentDidUpdate(before: Props): void {
    if (this.state.failure !== undefined && before.resetKey !== this.props.resetKey) {
      this.setState({ failure: undefined });
    }
  }

  readonly reset = () => {
    const { failure } = this.state;
    if (failure instanceof Error && chunkFailure.test(failure.message)) {
      globalThis.location.reload();
      return;
    }
    this.props.onReset?.();
    this.setState({ failure: undefined });
  };

  override render(): ReactNode {
    const { failure } = this.state;
    if (failure === undefined) return this.props.children;
    return (
      <ErrorState
        error={explained(failure, this.props.title)}
        onRetry={this.reset}
        ofPage={this.props.ofPage ?? false}
      />
    );
  }
}

// Around each panel that can fail by itself, and around each page.
export function Boundary({
  title = strings.shell.brokenPanel,
  ...props
}: Partial<Props> & { children: ReactNode }) {
  return (
    <QueryErrorResetBoundary>
      {({ reset }) => <Catcher title={title} onReset={reset} {...props} />}
    </QueryErrorResetBoundary>
  );
}
