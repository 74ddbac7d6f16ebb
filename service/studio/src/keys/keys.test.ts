import { describe, expect, it } from 'vitest';

import { Analysis, prefixOf } from '~/keys/analysis';
import { base64OfBytes, bytesOfBase64, escapedOf, unescapedOf, utf8Of } from '~/keys/bytes';
import { Crc64, payloadOf, RdbError, RdbReader, RdbWriter } from '~/keys/rdb';
import { type KeyName, rowsOf } from '~/keys/scan';
import { entryWords } from '~/keys/value';

const encoder = new TextEncoder();
const named = (text: string): KeyName => ({ word: text, text });

describe('bytes', () => {
  it('come back from their escaped form', () => {
    const bytes = Uint8Array.of(0, 65, 92, 255, 10);
    expect(escapedOf(bytes)).toBe('\\x00A\\\\\\xff\\x0a');
    expect(unescapedOf(escapedOf(bytes))).toEqual(bytes);
    expect([...(unescapedOf('é') ?? [])]).toEqual([0xc3, 0xa9]);
    expect(unescapedOf('\\q')).toBeUndefined();
    expect(unescapedOf('')).toEqual(new Uint8Array());
  });

  it('are text only if all of them are', () => {
    expect(utf8Of(encoder.encode('wörld'), true)).toBe('wörld');
    expect(utf8Of(Uint8Array.of(255), true)).toBeUndefined();
    // Cut in the middle of a character.
    expect(utf8Of(encoder.encode('wö').subarray(0, 2), false)).toBe('w');
  });

  it('survive base64, however many they are', () => {
    const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => index % 256);
    expect(bytesOfBase64(base64OfBytes(bytes))).toEqual(bytes);
  });
});

describe('the tree of keys', () => {
  const keys = ['a', 'user:1:name', 'user:1:mail', 'user:2:name', 'lone:one'].map(named);

  it('folds prefixes of several keys', () => {
    expect(rowsOf(keys, new Set()).map((row) => row.label)).toEqual(['user:', 'lone:one', 'a']);
  });

  it('shows what is below a prefix that is open', () => {
    const rows = rowsOf(keys, new Set(['user:', 'user:1:']));
    expect(rows.map((row) => [row.label, row.depth])).toEqual([
      ['user:', 0],
      ['1:', 1],
      ['name', 2],
      ['mail', 2],
      ['2:name', 1],
      ['lone:one', 0],
      ['a', 0],
    ]);
  });
});

describe('RDB files', () => {
  // DUMP of "hello", by version 11.
  const dumped = base64OfBytes(
    Uint8Array.of(0, 5, 104, 101, 108, 108, 111, 11, 0, 10, 0xad, 0x62, 5, 0x98, 0xab, 0xc9, 0x83),
  );
  // The Blob of the tests' document can be read by a FileReader alone.
  const file = (writer: RdbWriter) =>
    new Promise<Uint8Array>((resolve) => {
      const reader = new FileReader();
      reader.onload = () => resolve(new Uint8Array(reader.result as ArrayBuffer));
      reader.readAsArrayBuffer(writer.finish());
    });

  it('have the checksum of Redis', () => {
    const sum = new Crc64().add(encoder.encode('123456789')).bytes();
    expect([...sum]).toEqual([0xca, 0xd9, 0xb8, 0xc4, 0x14, 0xd9, 0xc6, 0xe9]);
  });

  it('give back what was put in', async () => {
    const writer = new RdbWriter();
    writer.add(0, encoder.encode('k'), dumped, undefined);
    writer.add(3, Uint8Array.of(0, 255), dumped, 1_700_000_000_123);
    const reader = new RdbReader(await file(writer));
    const first = reader.next();
    expect(first).toMatchObject({ database: 0, expiry: undefined, type: 0 });
    expect(first && base64OfBytes(payloadOf(first, 11))).toBe(dumped);
    expect(reader.next()).toMatchObject({
      database: 3,
      key: Uint8Array.of(0, 255),
      expiry: 1_700_000_000_123,
    });
    expect(reader.next()).toBeUndefined();
  });

  it('are refused where they are cut, with the place', async () => {
    const writer = new RdbWriter();
    writer.add(0, encoder.encode('key'), dumped, undefined);
    const whole = await file(writer);
    for (let size = 9; size < whole.length - 9; size += 1) {
      const read = () => {
        const reader = new RdbReader(whole.subarray(0, size));
        while (reader.next() !== undefined);
      };
      expect(read).toThrow(RdbError);
    }
    expect(() => new RdbReader(encoder.encode('PNG'))).toThrow(RdbError);
  });

  it('are not read where modules stand in them', () => {
    const bytes = Uint8Array.of(...encoder.encode('REDIS0011'), 0xf7, 1);
    expect(() => new RdbReader(bytes).next()).toThrow('unsupported');
  });
});

describe('where memory is', () => {
  it('is counted by type and by prefix', () => {
    const analysis = new Analysis();
    for (let i = 0; i < 100; i += 1) {
      analysis.add({ database: 0, key: named(`big:${i}`), type: 'string', bytes: 100 + i });
    }
    analysis.add({ database: 0, key: named('plain'), type: 'hash', bytes: 5 });
    expect(analysis.byType).toEqual([
      { name: 'string', keys: 100, bytes: 14_950 },
      { name: 'hash', keys: 1, bytes: 5 },
    ]);
    expect(analysis.byPrefix.map((one) => one.name)).toEqual(['big:', '']);
    expect(analysis.biggest).toHaveLength(50);
    expect(analysis.biggest[0]?.key.text).toBe('big:99');
    expect(prefixOf('a:b:c')).toBe('a:');
  });
});

describe('entries of streams', () => {
  it('are typed a field a line', () => {
    expect(entryWords('a=1\n b = x=y \n\nc')).toEqual(['a', '1', 'b', ' x=y ', 'c', '']);
  });
});
