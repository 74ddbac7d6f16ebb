import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { ReactNode } from 'react';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import { ApiError } from '~/api/errors';
import { addCommands, listenForKeys } from '~/app/commands';
import { Boundary } from '~/ui/Boundary';
import { QueryView } from '~/ui/states';
import { TypedConfirm } from '~/ui/TypedConfirm';

beforeEach(() => {
  const media = { matches: false, addEventListener: vi.fn(), removeEventListener: vi.fn() };
  vi.stubGlobal('matchMedia', () => media);
  vi.stubGlobal(
    'ResizeObserver',
    class {
      observe = vi.fn();
      unobserve = vi.fn();
      disconnect = vi.fn();
    },
  );
});

function show(content: ReactNode) {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  return render(
    <QueryClientProvider client={queries}>
      <MantineProvider env="test">{content}</MantineProvider>
    </QueryClientProvider>,
  );
}

function Panel({ load }: { load: () => Promise<{ items: string[] }> }) {
  const query = useQuery({ queryKey: ['panel'], queryFn: load });
  return <QueryView query={query}>{({ items }) => <p>{items.join()}</p>}</QueryView>;
}

describe('QueryView', () => {
  it('shows why there is nothing, and tries again when told to', async () => {
    const load = vi.fn<() => Promise<{ items: string[] }>>();
    load.mockRejectedValueOnce(new ApiError('network', 'Nobody is there', '', { requestId: 'r7' }));
    load.mockResolvedValueOnce({ items: ['a', 'b'] });
    show(<Panel load={load} />);
    expect(await screen.findByText('Nobody is there')).toBeVisible();
    expect(screen.getByText('Request r7')).toBeVisible();
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByText('a,b')).toBeVisible();
  });
});

describe('Boundary', () => {
  function Broken({ broken }: { broken: boolean }) {
    if (broken) throw new TypeError('x is undefined');
    return <p>fine</p>;
  }

  it('keeps what breaks to itself, and is given another try by another key', () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const page = (broken: boolean, resetKey: string) => (
      <MantineProvider env="test">
        <p>beside</p>
        <Boundary resetKey={resetKey}>
          <Broken broken={broken} />
        </Boundary>
      </MantineProvider>
    );
    const { rerender } = render(page(true, 'a'));
    expect(screen.getByText('beside')).toBeVisible();
    expect(screen.getByRole('alert')).toHaveTextContent('x is undefined');
    rerender(page(false, 'b'));
    expect(screen.getByText('fine')).toBeVisible();
  });
});

describe('TypedConfirm', () => {
  it('does nothing before the word is typed', async () => {
    const onConfirm = vi.fn();
    show(
      <TypedConfirm
        title="Delete"
        detail=""
        word="cache"
        prompt="Type cache"
        submit="Really"
        pending={false}
        onConfirm={onConfirm}
        onClose={vi.fn()}
      />,
    );
    const field = screen.getByLabelText('Type cache');
    await userEvent.type(field, 'cach{Enter}');
    expect(screen.getByRole('button', { name: 'Really' })).toBeDisabled();
    expect(onConfirm).not.toHaveBeenCalled();
    await userEvent.type(field, 'e{Enter}');
    expect(onConfirm).toHaveBeenCalledOnce();
  });
});

describe('keys', () => {
  it('run commands, alone and one after the other, but not while one types', async () => {
    const create = vi.fn();
    const go = vi.fn();
    const stop = listenForKeys();
    const remove = addCommands([
      { id: 'create', label: 'Create', keys: 'c', run: create },
      { id: 'go', label: 'Go', keys: 'g i', run: go },
    ]);
    show(<input aria-label="field" />);
    await userEvent.keyboard('c');
    await userEvent.keyboard('gi');
    await userEvent.keyboard('i');
    expect(create).toHaveBeenCalledOnce();
    expect(go).toHaveBeenCalledOnce();
    await userEvent.type(screen.getByLabelText('field'), 'cgi');
    expect(create).toHaveBeenCalledOnce();
    remove();
    (document.activeElement as HTMLElement).blur();
    await userEvent.keyboard('c');
    expect(create).toHaveBeenCalledOnce();
    stop();
  });
});
