import { describe, expect, it } from 'vitest';

import type { Reply } from '~/api/commands';
import { dangerOf, isSecret } from '~/shell/danger';
import { commandOf, completions, hintFor, readDocs, syntaxOf } from '~/shell/docs';
import { helpText } from '~/shell/help';
import { History } from '~/shell/history';
import { jsonOf, layoutOf } from '~/shell/layout';
import { parseLine } from '~/shell/line';

const texts = (line: string) => parseLine(line).words.map((word) => word.text);
const sent = (line: string) => parseLine(line).words.map((word) => word.word);

describe('parseLine', () => {
  it('parts words at spaces, and knows where they stand', () => {
    expect(texts('  SET  k   v ')).toEqual(['SET', 'k', 'v']);
    expect(parseLine('ab  c').words.map(({ start, end }) => [start, end])).toEqual([
      [0, 2],
      [4, 5],
    ]);
    expect(texts('')).toEqual([]);
  });

  it('takes quotes as redis-cli does', () => {
    expect(texts('SET "a b" \'c d\'')).toEqual(['SET', 'a b', 'c d']);
    expect(texts(String.raw`"a\"b\n" 'it\'s' 'a\n'`)).toEqual(['a"b\n', "it's", 'a\\n']);
    expect(texts('a"b c"d')).toEqual(['ab cd']);
    expect(texts('""')).toEqual(['']);
    expect(parseLine('"open').open).toBe(true);
    expect(parseLine('"closed"').open).toBe(false);
  });

  it('keeps text as text, and bytes as bytes', () => {
    expect(sent('wörld 😀')).toEqual(['wörld', '😀']);
    expect(sent(String.raw`"\x41"`)).toEqual(['A']);
    expect(sent(String.raw`"\xc3\xa9"`)).toEqual(['é']);
    expect(sent(String.raw`"\xff\x00"`)).toEqual([{ base64: '/wA=' }]);
  });
});

const docs = readDocs({
  get: {
    summary: 'Returns a string.',
    since: '1.0.0',
    group: 'string',
    complexity: 'O(1)',
    arguments: [{ name: 'key', type: 'key' }],
  },
  set: {
    summary: 'Sets a string.',
    since: '1.0.0',
    group: 'string',
    arguments: [
      { name: 'key', type: 'key' },
      { name: 'value', type: 'string' },
      {
        name: 'condition',
        type: 'oneof',
        flags: ['optional'],
        arguments: [
          { name: 'nx', type: 'pure-token', token: 'NX' },
          { name: 'xx', type: 'pure-token', token: 'XX' },
        ],
      },
      { name: 'seconds', type: 'integer', token: 'EX', flags: ['optional'] },
    ],
  },
  config: {
    summary: 'A container.',
    group: 'server',
    subcommands: {
      'config|get': {
        summary: 'Gets.',
        group: 'server',
        arguments: [{ name: 'parameter', type: 'string', flags: ['multiple'] }],
      },
      'config|set': { summary: 'Sets.', group: 'server' },
    },
  },
});

describe('what the node says of its commands', () => {
  const hint = (line: string) => hintFor(docs, parseLine(line).words, /\s$/.test(line));
  const complete = (line: string) => completions(docs, parseLine(line).words, /\s$/.test(line));

  it('has subcommands under their containers', () => {
    expect([...docs.keys()]).toEqual(['GET', 'SET', 'CONFIG', 'CONFIG GET', 'CONFIG SET']);
    expect(commandOf(docs, parseLine('config get x').words)).toMatchObject({ words: 2 });
    expect(commandOf(docs, parseLine('nonsense').words)).toBeUndefined();
  });

  it('writes the syntax', () => {
    const set = docs.get('SET')?.arguments.map(syntaxOf).join(' ');
    expect(set).toBe('key value [NX | XX] [EX seconds]');
    expect(docs.get('CONFIG GET')?.arguments.map(syntaxOf)).toEqual(['parameter [parameter …]']);
  });

  it('hints at what is still to come', () => {
    expect(hint('get')).toBe(' key');
    expect(hint('set ')).toBe('key value [NX | XX] [EX seconds]');
    expect(hint('set k ')).toBe('value [NX | XX] [EX seconds]');
    expect(hint('config ')).toBe('');
    expect(hint('nonsense ')).toBe('');
  });

  it('completes names', () => {
    expect(complete('g')).toEqual(['GET']);
    expect(complete('config ')).toEqual(['CONFIG GET', 'CONFIG SET']);
    expect(complete('config s')).toEqual(['CONFIG SET']);
    expect(complete('get k')).toEqual([]);
  });

  it('helps', () => {
    expect(helpText(docs, [])).toContain('@server @string');
    expect(helpText(docs, ['@string'])).toContain('SET');
    expect(helpText(docs, ['config'])).toContain('CONFIG GET parameter');
    expect(helpText(docs, ['x'])).toContain('no command X');
  });
});

describe('layoutOf', () => {
  it.each<[Reply, string]>([
    [null, '(nil)'],
    [3, '(integer) 3'],
    [1.5, '(double) 1.5'],
    [true, '(true)'],
    ['OK', 'OK'],
    [{ base64: 'AP8=' }, '\\x00\\xff'],
    [{ error: 'ERR no' }, 'ERR no'],
    [{ double: 'inf' }, '(double) inf'],
  ])('writes %j as %s', (reply, text) => {
    expect(layoutOf(reply)).toMatchObject({ kind: 'value', text });
  });

  it('makes tables of pairs', () => {
    expect(layoutOf({ a: 1, b: 2 })).toEqual({
      kind: 'pairs',
      pairs: [
        ['a', 1],
        ['b', 2],
      ],
    });
    expect(layoutOf({ map: [[1, 2]] })).toEqual({ kind: 'pairs', pairs: [[1, 2]] });
    expect(layoutOf([['m', 1.5]])).toEqual({ kind: 'pairs', pairs: [['m', 1.5]] });
    expect(layoutOf(['a', 'b'])).toEqual({ kind: 'list', items: ['a', 'b'] });
    expect(layoutOf([])).toEqual({ kind: 'empty' });
  });

  it('reads JSON inside of text', () => {
    expect(jsonOf('{"a":[1]}')).toBe('{\n  "a": [\n    1\n  ]\n}');
    expect(jsonOf('{broken')).toBe('"{broken"');
  });
});

describe('the history', () => {
  it('goes back and forth, and keeps what is being typed', () => {
    sessionStorage.clear();
    const history = new History();
    history.add('SET a 1');
    history.add('SET b 2');
    history.add('SET b 2');
    history.add('AUTH secret');
    expect(history.move(-1, 'draft')).toBe('SET b 2');
    expect(history.move(-1, 'SET b 2')).toBe('SET a 1');
    expect(history.move(-1, 'SET a 1')).toBe('SET a 1');
    expect(history.move(1, 'SET a 1')).toBe('SET b 2');
    expect(history.move(1, 'SET b 2')).toBe('draft');
    expect(history.find('a 1')).toBe('SET a 1');
    expect(new History().move(-1, '')).toBe('SET b 2');
    expect(sessionStorage.getItem('studio.shell.history')).not.toContain('secret');
  });
});

describe('what the shell asks about', () => {
  it('is what destroys, blocks or locks out', () => {
    expect(dangerOf(['flushall'])).toBe('destroys');
    expect(dangerOf(['config', 'set', 'a', 'b'])).toBe('locks');
    expect(dangerOf(['keys', '*'])).toBe('blocks');
    expect(dangerOf(['get', 'k'])).toBeUndefined();
    expect(dangerOf([])).toBeUndefined();
  });

  it('knows what is secret', () => {
    expect(isSecret(['auth', 'x'])).toBe(true);
    expect(isSecret(['config', 'set', 'requirepass', 'x'])).toBe(true);
    expect(isSecret(['acl', 'setuser', 'a', '>b'])).toBe(true);
    expect(isSecret(['hello', '3'])).toBe(false);
  });
});
