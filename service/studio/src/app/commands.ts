// What the command palette offers and what keys do. Pages add theirs while they are shown:
//
//   useCommands([{ id: 'create', label: strings.x.create, keys: 'c', run: open }], [open]);
import { type DependencyList, useLayoutEffect, useSyncExternalStore } from 'react';

export interface Command {
  id: string;
  label: string;
  hint?: string;
  group?: string;
  keys?: string; // "c", or one after the other: "g i"
  run: () => void;
}

let commands: readonly Command[] = [];
const listeners = new Set<() => void>();

function become(next: readonly Command[]): void {
  commands = next;
  listeners.forEach((listener) => listener());
}

export function allCommands(): readonly Command[] {
  return commands;
}

export function addCommands(added: readonly Command[]): () => void {
  become([...commands, ...added]);
  return () => become(commands.filter((one) => !added.includes(one)));
}

// `dependencies` are those of the functions in `added`, as with useEffect. A layout effect: what
// can be seen can be reached by its key.
export function useCommands(added: readonly Command[], dependencies: DependencyList): void {
  // eslint-disable-next-line react-hooks/exhaustive-deps -- the caller says what they depend on
  useLayoutEffect(() => addCommands(added), dependencies);
}

export function useAllCommands(): readonly Command[] {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, allCommands);
}

const sequenceMs = 1_200;

function typesText(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

// Keys that are typed into a field, or while a dialog is open, are none of ours.
export function listenForKeys(): () => void {
  let before = '';
  let at = 0;
  const onKey = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (typesText(event.target) || document.querySelector('[aria-modal="true"]') !== null) return;
    const sequence = Date.now() - at < sequenceMs && before !== '' ? `${before} ${event.key}` : '';
    // The last added wins: it belongs to the page that is shown.
    const found =
      commands.findLast((one) => one.keys === sequence) ??
      commands.findLast((one) => one.keys === event.key);
    before = event.key;
    at = Date.now();
    if (!found) return;
    event.preventDefault();
    before = '';
    found.run();
  };
  globalThis.addEventListener('keydown', onKey);
  return () => globalThis.removeEventListener('keydown', onKey);
}
