import { shown } from './header-json.ts';

/**
 * A safe pickle interpreter: it supports only the opcodes of a tensor dictionary, and where a
 * pickle would call a function it asks its host, which allows a short list of names. No code from the file is executed.
 */

/** A function or class the pickle names and the caller allows. */
export class PickleGlobal {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** Tuples and lists are arrays, dictionaries maps; objects come from the caller's {@link PickleHost}. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | PickleGlobal
  | PickleObject;

/** Base class of objects created by the host. */
export abstract class PickleObject {
  abstract readonly kind: string;
}

export interface PickleHost {
  /** Whether `module.name` is allowed. */
  allows(name: string): boolean;
  /** Result of calling an allowed name. */
  call(name: string, args: PickleValue[]): PickleValue;
  /** Value of a persistent id (data stored outside the pickle). */
  persistent(id: PickleValue): PickleValue;
}

/** Thrown when a pickle cannot be read. */
export class PickleFault extends Error {
  /** True when the data was truncated and more bytes may help. */
  readonly tooShort: boolean;
  constructor(message: string, tooShort = false) {
    super(message);
    this.tooShort = tooShort;
  }
}

const mark = Symbol('mark');
type Slot = PickleValue | typeof mark;
export const latin1 = (bytes: Uint8Array) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');

/** Interpreter state and the opcode implementations. */
export class Machine {
  at: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #host: PickleHost;
  readonly #stack: Slot[] = [];
  readonly #memo = new Map<number, PickleValue>();

  constructor(bytes: Uint8Array, begin: number, host: PickleHost) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = begin;
    this.#host = host;
  }

  #skip(count: number): number {
    const at = this.at;
    if (count > this.#bytes.length - at) throw new PickleFault('its pickle ends too early', true);
    this.at += count;
    return at;
  }

  u8 = () => this.#view.getUint8(this.#skip(1));
  u16 = () => this.#view.getUint16(this.#skip(2), true);
  u32 = () => this.#view.getUint32(this.#skip(4), true);
  i32 = () => this.#view.getInt32(this.#skip(4), true);
  f64 = () => this.#view.getFloat64(this.#skip(8), false);

  take(count: number): Uint8Array {
    const at = this.#skip(count);
    return this.#bytes.subarray(at, at + count);
  }

  text(count: number): string {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(this.take(count));
    } catch (cause) {
      if (cause instanceof PickleFault) throw cause;
      throw new PickleFault('a string in its pickle is not UTF-8');
    }
  }

  line(): string {
    const end = this.#bytes.indexOf(10, this.at);
    if (end < 0 || end - this.at > 1000) throw new PickleFault('a line in its pickle does not end', end < 0);
    const text = latin1(this.take(end - this.at));
    this.at++;
    return text;
  }

  /** A whole number in two's complement, little-endian, of any length up to 16 bytes. */
  long(count: number): PickleValue {
    if (count > 16) throw new PickleFault(`it has a number of ${count} bytes`);
    const bytes = this.take(count);
    let value = 0n;
    for (let i = count - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] ?? 0);
    value = BigInt.asIntN(count * 8, value);
    const small = Number(value);
    return Number.isSafeInteger(small) ? small : value;
  }

  push(value: PickleValue): void {
    this.#stack.push(value);
  }

  pop(): PickleValue {
    const value = this.#stack.pop();
    if (value === undefined || value === mark) throw new PickleFault('its pickle pops from an empty stack');
    return value;
  }

  top(): PickleValue {
    const value = this.pop();
    this.#stack.push(value);
    return value;
  }

  tuple(count: number): void {
    const items = Array.from({ length: count }, () => this.pop());
    this.push(items.reverse());
  }

  setMark(): void {
    this.#stack.push(mark);
  }

  toMark(): PickleValue[] {
    const at = this.#stack.lastIndexOf(mark);
    if (at < 0) throw new PickleFault('its pickle lacks a mark');
    const items = this.#stack.splice(at).slice(1);
    return items as PickleValue[];
  }

  put(index: number): void {
    this.#memo.set(index, this.top());
  }

  memoize(): void {
    this.put(this.#memo.size);
  }

  get(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) throw new PickleFault('its pickle reads a memo entry that it never stored');
    this.push(value);
  }

  append(items: PickleValue[]): void {
    const list = this.top();
    if (!Array.isArray(list)) throw new PickleFault('its pickle appends to a value that is not a list');
    for (const item of items) list.push(item);
  }

  setItems(items: PickleValue[]): void {
    const dictionary = this.top();
    if (!(dictionary instanceof Map) || items.length % 2 !== 0)
      throw new PickleFault('its pickle adds items to a value that is not a dictionary');
    for (let i = 0; i < items.length; i += 2) {
      const key = items[i] as PickleValue;
      if (dictionary.has(key)) throw new PickleFault(`it has ${shown(String(key))} twice`);
      dictionary.set(key, items[i + 1] as PickleValue);
    }
  }

  global(module: PickleValue, name: PickleValue): void {
    const full = `${typeof module === 'string' ? module : '?'}.${typeof name === 'string' ? name : '?'}`;
    if (!this.#host.allows(full))
      throw new PickleFault(
        `it wants to use ${shown(full)}, which weights do not need; nothing was executed`,
      );
    this.push(new PickleGlobal(full));
  }

  reduce(): void {
    const args = this.pop();
    const callee = this.pop();
    if (!(callee instanceof PickleGlobal) || !Array.isArray(args))
      throw new PickleFault('its pickle calls a value that is not a function');
    this.push(this.#host.call(callee.name, args));
  }

  /** BUILD: object state, such as module versions of a state dictionary, is ignored. */
  build(): void {
    this.pop();
    if (!(this.top() instanceof Map))
      throw new PickleFault('its pickle sets state on a value that is not a dictionary');
  }

  persistent(): void {
    this.push(this.#host.persistent(this.pop()));
  }
}
