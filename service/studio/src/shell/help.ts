// HELP, which the shell answers itself, from what the node says of its commands.
import type { Docs } from '~/shell/docs';
import { syntaxOf } from '~/shell/docs';
import { cli as cliWords } from '~/strings/cli';

const words = cliWords;

export function helpText(docs: Docs, about: readonly string[]): string {
  const all = [...docs.values()];
  if (about.length === 0) {
    const groups = [...new Set(all.map((doc) => doc.group))].filter((group) => group !== '').sort();
    return `${words.helpGeneral} ${groups.map((group) => `@${group}`).join(' ')}`;
  }
  const [first = ''] = about;
  if (first.startsWith('@')) {
    const group = first.slice(1).toLowerCase();
    const found = all.filter((doc) => doc.group === group && !doc.isContainer);
    return found.map((doc) => `${doc.name.padEnd(24)} ${doc.summary}`).join('\n');
  }
  const name = about.join(' ').toUpperCase();
  const found = all.filter((doc) => doc.name === name || doc.name.startsWith(`${name} `));
  if (found.length === 0) return words.helpUnknown(name);
  return found
    .filter((doc) => !doc.isContainer)
    .map((doc) => {
      const syntax = [doc.name, ...doc.arguments.map(syntaxOf)].join(' ');
      return `${syntax}\n  ${doc.summary}\n  ${words.since(doc.since)} · ${doc.complexity}`;
    })
    .join('\n\n');
}
