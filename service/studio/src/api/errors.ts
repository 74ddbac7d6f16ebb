// What can go wrong with a request, as one type. Pages show it with ErrorState or toastError, and
// forms put the detail at the field that it names.

export type ErrorKind =
  | 'problem' // the server refused, and said why
  | 'network' // no answer
  | 'timeout' // no answer in time
  | 'shape' // an answer that is none of those that are described
  | 'signed-out'; // the session is over

export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly kind: ErrorKind,
    readonly title: string,
    readonly detail: string,
    readonly more: {
      status?: number;
      type?: string; // of the problem: "not-found"
      field?: string; // what is to blame, as the request names it
      requestId?: string;
      retryAfterSeconds?: number;
    } = {},
  ) {
    super(detail === '' ? title : `${title}: ${detail}`);
  }

  get status(): number | undefined {
    return this.more.status;
  }

  get field(): string | undefined {
    return this.more.field;
  }

  is(type: string): boolean {
    return this.more.type === type;
  }

  // Whether the same request may do better later without anybody changing anything.
  get passes(): boolean {
    if (this.kind === 'network' || this.kind === 'timeout') return true;
    return this.status === 429 || this.status === 502 || this.status === 503 || this.status === 504;
  }
}

export function asApiError(failure: unknown): ApiError {
  if (failure instanceof ApiError) return failure;
  const text = failure instanceof Error ? failure.message : String(failure);
  return new ApiError('shape', 'Something unexpected happened', text);
}

const problemPrefix = 'urn:miniredis:problem:';

function textOf(body: Record<string, unknown>, name: string): string | undefined {
  const value = body[name];
  return typeof value === 'string' ? value : undefined;
}

// Of an answer that is no success. A body that is no problem (a proxy's page) is not shown.
export function problemOf(response: Response, body: unknown): ApiError {
  const fields = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  const type = textOf(fields, 'type');
  const field = textOf(fields, 'field');
  const requestId = response.headers.get('X-Request-Id');
  const retryAfter = Number(response.headers.get('Retry-After') ?? NaN);
  return new ApiError(
    'problem',
    textOf(fields, 'title') ?? `The server answered ${response.status}`,
    textOf(fields, 'detail') ?? response.statusText,
    {
      status: response.status,
      ...(type?.startsWith(problemPrefix) && { type: type.slice(problemPrefix.length) }),
      ...(field !== undefined && field !== '' && { field }),
      ...(requestId !== null && { requestId }),
      ...(Number.isFinite(retryAfter) && { retryAfterSeconds: retryAfter }),
    },
  );
}
