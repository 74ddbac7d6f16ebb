// Typed clients of the three services, all of them behind the gateway. Use them with take():
//
//   const node = await take(gateway.GET('/v1/nodes/{node}', { params: { path: { node: id } }, signal }));
import createClient, { type Middleware } from 'openapi-fetch';

import { ApiError, problemOf } from '~/api/errors';
import type { paths as AuthPaths } from '~/api/generated/auth';
import type { components, paths as GatewayPaths } from '~/api/generated/gateway';
import type { paths as MonitoringPaths } from '~/api/generated/monitoring';
import * as shapes from '~/api/generated/shapes';
import { misfit, type ShapesOfService } from '~/api/shape';
import { openFetch, sessionFetch } from '~/api/transport';

export type Schemas = components['schemas'];

const expected = new WeakMap<Response, { service: ShapesOfService; answer: string }>();

function remembers(service: ShapesOfService): Middleware {
  return {
    onResponse: ({ request, response, schemaPath }) => {
      expected.set(response, { service, answer: `${request.method} ${schemaPath}` });
      return undefined;
    },
  };
}

// The origin is named because requests outside a page, in tests, have none to be relative to.
const baseUrl = globalThis.location.origin;

export const gateway = createClient<GatewayPaths>({ baseUrl, fetch: sessionFetch });
export const auth = createClient<AuthPaths>({ baseUrl, fetch: sessionFetch });
export const openAuth = createClient<AuthPaths>({ baseUrl, fetch: openFetch });
export const monitoring = createClient<MonitoringPaths>({ baseUrl, fetch: sessionFetch });

gateway.use(remembers(shapes.gateway));
auth.use(remembers(shapes.auth));
openAuth.use(remembers(shapes.auth));
monitoring.use(remembers(shapes.monitoring));

interface Result<T> {
  data?: T | undefined;
  error?: unknown;
  response: Response;
}

export interface Tagged<T> {
  value: T;
  etag: string | undefined;
}

// The answer, checked; throws an ApiError for everything else.
export async function take<T>(pending: Promise<Result<T>>): Promise<NonNullable<T>> {
  return (await takeTagged(pending)).value;
}

// The same, with the ETag that a change then gives as If-Match.
export async function takeTagged<T>(pending: Promise<Result<T>>): Promise<Tagged<NonNullable<T>>> {
  const { data, error, response } = await pending.catch((failure: unknown) => {
    // JSON.parse of a body that is none.
    if (failure instanceof SyntaxError) throw new ApiError('shape', wrongShape, failure.message);
    throw failure;
  });
  if (!response.ok) throw problemOf(response, error);
  const known = expected.get(response);
  if (known !== undefined) {
    const { service, answer } = known;
    const where = misfit(service.answers[answer], data, service.schemas);
    if (where !== undefined) {
      throw new ApiError('shape', wrongShape, `${answer}: ${where} is missing or of another type`);
    }
  }
  return { value: data as NonNullable<T>, etag: response.headers.get('ETag') ?? undefined };
}

const wrongShape = 'The server answered something unexpected';

// For answers without a body.
export async function done(pending: Promise<Result<unknown>>): Promise<void> {
  const { error, response } = await pending;
  if (!response.ok) throw problemOf(response, error);
}

interface Page<T> {
  items: T[];
  next_cursor?: string | null | undefined;
}

// All items of a list, page after page.
export async function takeAll<T>(
  fetchPage: (cursor: string | undefined) => Promise<Page<T>>,
): Promise<T[]> {
  const items: T[] = [];
  const seen = new Set<string>();
  let cursor: string | undefined;
  do {
    const page = await fetchPage(cursor);
    items.push(...page.items);
    cursor = page.next_cursor ?? undefined;
    if (cursor !== undefined) {
      if (seen.has(cursor))
        throw new ApiError('shape', wrongShape, 'a list leads back into itself');
      seen.add(cursor);
    }
  } while (cursor !== undefined);
  return items;
}

// A creation is carried out once, however often it is sent: make the key with the form, not the click.
export function newIdempotencyKey(): string {
  // randomUUID is there only in secure contexts, and a gateway on a plain address is none.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
