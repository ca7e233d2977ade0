/**
 * The bytes of small WebAssembly modules, for inner loops that JavaScript runs several times slower. They are few
 * enough instructions to write by hand, and no compiler is needed to build the project.
 */

export const i32 = 0x7f;
export const v128 = 0x7b;

/** Unsigned LEB128. */
export function leb(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; ) {
    const byte = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest ? byte | 0x80 : byte);
    if (!rest) return bytes;
  }
}

/** Signed LEB128 of a 32-bit integer. */
function signedLeb(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value | 0; ; ) {
    const byte = rest & 0x7f;
    rest >>= 7;
    const last = (rest === 0 && byte < 0x40) || (rest === -1 && byte >= 0x40);
    bytes.push(last ? byte : byte | 0x80);
    if (last) return bytes;
  }
}

const text = (value: string) => [...leb(value.length), ...new TextEncoder().encode(value)];
const list = (items: readonly number[][]) => [...leb(items.length), ...items.flat()];
const section = (id: number, content: readonly number[]) => [id, ...leb(content.length), ...content];

export const get = (local: number) => [0x20, ...leb(local)];
export const set = (local: number) => [0x21, ...leb(local)];
export const tee = (local: number) => [0x22, ...leb(local)];
/** i32.const */
export const constant = (value: number) => [0x41, ...signedLeb(value)];
export const load = (offset: number) => [0x28, 0x02, ...leb(offset)];
export const store = (offset: number) => [0x36, 0x02, ...leb(offset)];
export const add = [0x6a];
export const multiply = [0x6c];
export const and = [0x71];
export const or = [0x72];
export const xor = [0x73];
export const shiftRight = [0x76];
export const rotateLeft = [0x77];
export const rotateRight = [0x78];
export const lessThan = [0x49];
export const loop = [0x03, 0x40];
/** Branches to the innermost loop's begin if the top of the stack is not 0. */
export const branchIf = [0x0d, 0x00];
export const end = [0x0b];

/** An instruction of the SIMD proposal; those past 127 take two bytes. */
export const simd = (code: number, ...immediates: number[]) => [0xfd, ...leb(code), ...immediates];

/** A function: its parameters are i32 and it returns nothing. */
export interface WasmFunction {
  name: string;
  parameters: number;
  /** How many further locals there are of each type, in this order. */
  locals: readonly (readonly [count: number, type: number])[];
  /** Instructions, without the end of the function. */
  body: readonly number[];
}

/** Pages of a memory at most: the limit that a shared memory's import declares. */
export const mostPages = 65536;

/**
 * A module that imports a memory as `m.m` and exports its functions by name.
 * @param shared whether the memory is shared with other threads
 */
export function assembleModule(functions: readonly WasmFunction[], shared = false): Uint8Array<ArrayBuffer> {
  const limits = shared ? [0x03, 0x01, ...leb(mostPages)] : [0x00, 0x01];
  const types = functions.map(({ parameters }) => [
    0x60,
    ...list(Array.from({ length: parameters }, () => [i32])),
    0x00,
  ]);
  const code = functions.map(({ locals, body }) => {
    const declared = list(locals.map(([count, type]) => [...leb(count), type]));
    return [...leb(declared.length + body.length + 1), ...declared, ...body, ...end];
  });
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, list(types)),
    ...section(2, list([[...text('m'), ...text('m'), 0x02, ...limits]])),
    ...section(3, list(functions.map((_, index) => leb(index)))),
    ...section(7, list(functions.map(({ name }, index) => [...text(name), 0x00, ...leb(index)]))),
    ...section(10, list(code)),
  ]);
}
