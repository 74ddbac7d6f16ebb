// RDB files, made of what DUMP gives and taken apart for RESTORE. A payload of DUMP is the byte of a
// value's type, the value, the version (2 bytes) and a checksum (8): in a file the key stands between
// type and value. What is not understood ends the reading, with the place in the file.
import { bytesOfBase64 } from '~/keys/bytes';

const footerBytes = 10;
const version = 11; // of Redis 7.2

export interface Entry {
  database: number;
  key: Uint8Array;
  expiry: number | undefined; // Unix ms
  type: number;
  value: Uint8Array;
}

export class RdbError extends Error {
  override readonly name = 'RdbError';
  constructor(
    readonly kind: 'not-rdb' | 'broken' | 'unsupported',
    readonly offset: number,
  ) {
    super(`${kind} at ${offset}`);
  }
}

// CRC-64 of RDB, reflected, in two halves of 32 bits.
const polynomial = { high: 0x95ac9329, low: 0xac4bc9b5 };
const table = (() => {
  const high = new Uint32Array(256);
  const low = new Uint32Array(256);
  for (let byte = 0; byte < 256; byte += 1) {
    let h = 0;
    let l = byte;
    for (let bit = 0; bit < 8; bit += 1) {
      const odd = (l & 1) !== 0;
      l = ((l >>> 1) | (h << 31)) >>> 0;
      h >>>= 1;
      if (odd) {
        h = (h ^ polynomial.high) >>> 0;
        l = (l ^ polynomial.low) >>> 0;
      }
    }
    high[byte] = h;
    low[byte] = l;
  }
  return { high, low };
})();

export class Crc64 {
  private high = 0;
  private low = 0;

  add(bytes: Uint8Array): this {
    let { high, low } = this;
    for (const byte of bytes) {
      const index = (low ^ byte) & 0xff;
      low = (((low >>> 8) | (high << 24)) ^ (table.low[index] ?? 0)) >>> 0;
      high = ((high >>> 8) ^ (table.high[index] ?? 0)) >>> 0;
    }
    this.high = high;
    this.low = low;
    return this;
  }

  bytes(): Uint8Array {
    const out = new Uint8Array(8);
    const view = new DataView(out.buffer);
    view.setUint32(0, this.low, true);
    view.setUint32(4, this.high, true);
    return out;
  }
}

function lengthBytes(length: number): Uint8Array {
  if (length < 1 << 6) return Uint8Array.of(length);
  if (length < 1 << 14) return Uint8Array.of(0x40 | (length >> 8), length & 0xff);
  const out = new Uint8Array(5);
  out[0] = 0x80;
  new DataView(out.buffer).setUint32(1, length);
  return out;
}

// The pieces of a file, in order.
export class RdbWriter {
  private readonly pieces: Uint8Array[] = [];
  private readonly crc = new Crc64();
  private database: number | undefined;
  size = 0;

  constructor() {
    this.put(new TextEncoder().encode(`REDIS${String(version).padStart(4, '0')}`));
  }

  // `dumped` is the payload of DUMP in base64.
  add(database: number, key: Uint8Array, dumped: string, expiry: number | undefined): void {
    if (database !== this.database) this.put(Uint8Array.of(0xfe), lengthBytes(database));
    this.database = database;
    if (expiry !== undefined) {
      const time = new Uint8Array(9);
      time[0] = 0xfc;
      new DataView(time.buffer).setBigUint64(1, BigInt(expiry), true);
      this.put(time);
    }
    const payload = bytesOfBase64(dumped);
    this.put(payload.subarray(0, 1), lengthBytes(key.length), key);
    this.put(payload.subarray(1, payload.length - footerBytes));
  }

  finish(): Blob {
    this.put(Uint8Array.of(0xff));
    this.put(this.crc.bytes());
    return new Blob(this.pieces as BlobPart[], { type: 'application/octet-stream' });
  }

  private put(...pieces: Uint8Array[]): void {
    for (const piece of pieces) {
      this.pieces.push(piece);
      this.crc.add(piece);
      this.size += piece.length;
    }
  }
}

// The payload that RESTORE takes.
export function payloadOf(entry: Entry, fileVersion: number): Uint8Array {
  const out = new Uint8Array(1 + entry.value.length + footerBytes);
  out[0] = entry.type;
  out.set(entry.value, 1);
  new DataView(out.buffer).setUint16(1 + entry.value.length, fileVersion, true);
  out.set(new Crc64().add(out.subarray(0, out.length - 8)).bytes(), out.length - 8);
  return out;
}

export class RdbReader {
  readonly version: number;
  private at = 0;
  private database = 0;

  constructor(private readonly bytes: Uint8Array) {
    const head = new TextDecoder().decode(bytes.subarray(0, 9));
    const match = /^(?:REDIS|VALKEY)(\d{3,4})$/.exec(head);
    if (match === null) throw new RdbError('not-rdb', 0);
    this.version = Number(match[1]);
    this.at = 9;
  }

  // How far the file has been read, of 1.
  get progress(): number {
    return this.bytes.length === 0 ? 1 : this.at / this.bytes.length;
  }

  // The next key; nothing at the end.
  next(): Entry | undefined {
    let expiry: number | undefined;
    for (;;) {
      const code = this.byte();
      switch (code) {
        case 0xff:
          return undefined;
        case 0xfe:
          this.database = this.length();
          break;
        case 0xfd:
          expiry = this.little(4) * 1000;
          break;
        case 0xfc:
          expiry = this.little(8);
          break;
        case 0xfb:
          this.length();
          this.length();
          break;
        case 0xfa: // a note about the file
          this.string();
          this.string();
          break;
        case 0xf9:
          this.take(1);
          break;
        case 0xf8:
          this.length();
          break;
        case 0xf5: // a library of functions, which is no key
          this.string();
          break;
        case 0xf7:
        case 0xf6:
          throw new RdbError('unsupported', this.at - 1);
        default:
          return this.entry(code, expiry);
      }
    }
  }

  private entry(type: number, expiry: number | undefined): Entry {
    const key = this.plainString();
    const begin = this.at;
    this.skipValue(type);
    return { database: this.database, key, expiry, type, value: this.bytes.slice(begin, this.at) };
  }

  private skipValue(type: number): void {
    const times = (count: number, step: () => void) => {
      for (let left = count; left > 0; left -= 1) step();
    };
    const strings = (count: number) => times(count, () => this.string());
    switch (type) {
      case 0: // a string, or a block in one
      case 9:
      case 10:
      case 11:
      case 12:
      case 13:
      case 16:
      case 17:
      case 20:
        strings(1);
        break;
      case 1:
      case 2:
      case 14:
        strings(this.length());
        break;
      case 3:
        times(this.length(), () => {
          this.string();
          const length = this.byte();
          if (length < 253) this.take(length);
        });
        break;
      case 4:
        strings(2 * this.length());
        break;
      case 5:
        times(this.length(), () => {
          this.string();
          this.take(8);
        });
        break;
      case 15:
      case 19:
      case 21:
        this.skipStream(type);
        break;
      case 18:
        times(this.length(), () => {
          this.length();
          this.string();
        });
        break;
      case 24:
        this.take(8);
        times(this.length(), () => {
          this.length();
          this.string();
          this.string();
        });
        break;
      case 25:
        this.take(8);
        this.string();
        break;
      default:
        throw new RdbError('unsupported', this.at);
    }
  }

  private skipStream(type: number): void {
    const times = (count: number, step: () => void) => {
      for (let left = count; left > 0; left -= 1) step();
    };
    times(2 * this.length(), () => this.string());
    times(type === 15 ? 3 : 8, () => this.length());
    times(this.length(), () => {
      this.string();
      times(type === 15 ? 2 : 3, () => this.length());
      times(this.length(), () => {
        this.take(16 + 8);
        this.length();
      });
      times(this.length(), () => {
        this.string();
        this.take(type === 21 ? 16 : 8);
        times(this.length(), () => this.take(16));
      });
    });
  }

  private take(count: number): Uint8Array {
    if (count > this.bytes.length - this.at) throw new RdbError('broken', this.at);
    const taken = this.bytes.subarray(this.at, this.at + count);
    this.at += count;
    return taken;
  }

  private byte(): number {
    return this.take(1)[0] ?? 0;
  }

  private little(count: number): number {
    return this.take(count).reduceRight((sum, byte) => sum * 256 + byte, 0);
  }

  private big(count: number): number {
    return this.take(count).reduce((sum, byte) => sum * 256 + byte, 0);
  }

  private length(): number {
    const first = this.byte();
    switch (first >> 6) {
      case 0:
        return first;
      case 1:
        return ((first & 0x3f) << 8) | this.byte();
      case 2:
        return this.big(first === 0x80 ? 4 : 8);
      default:
        throw new RdbError('broken', this.at - 1);
    }
  }

  private string(): void {
    const first = this.bytes[this.at] ?? 0;
    if (first >> 6 !== 3) {
      this.take(this.length());
      return;
    }
    this.at += 1;
    if (first === 0xc3) {
      const packed = this.length();
      this.length();
      this.take(packed);
    } else {
      this.take(first === 0xc0 ? 1 : first === 0xc1 ? 2 : 4);
    }
  }

  // A key: text, or a number that stands for its text. Redis compresses long keys.
  private plainString(): Uint8Array {
    const first = this.bytes[this.at] ?? 0;
    if (first >> 6 !== 3) return this.take(this.length()).slice();
    this.at += 1;
    if (first === 0xc3) {
      const packed = this.length();
      const size = this.length();
      return unpacked(this.take(packed), size, this.at);
    }
    const bytes = first === 0xc0 ? 1 : first === 0xc1 ? 2 : 4;
    const bits = 8 * bytes;
    const raw = this.little(bytes);
    const number = raw >= 2 ** (bits - 1) ? raw - 2 ** bits : raw;
    return new TextEncoder().encode(String(number));
  }
}

// LZF: runs of literal bytes, and references to what stands before.
function unpacked(packed: Uint8Array, size: number, offset: number): Uint8Array {
  const out = new Uint8Array(size);
  let from = 0;
  let to = 0;
  const next = () => packed[from++] ?? 0;
  while (from < packed.length) {
    const control = next();
    if (control < 32) {
      const run = packed.subarray(from, from + control + 1);
      if (to + run.length > size) throw new RdbError('broken', offset);
      out.set(run, to);
      from += run.length;
      to += run.length;
    } else {
      let length = control >> 5;
      if (length === 7) length += next();
      let source = to - ((control & 0x1f) << 8) - next() - 1;
      if (source < 0 || to + length + 2 > size) throw new RdbError('broken', offset);
      for (let left = length + 2; left > 0; left -= 1) out[to++] = out[source++] ?? 0;
    }
  }
  if (to !== size) throw new RdbError('broken', offset);
  return out;
}
