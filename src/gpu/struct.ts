import { roundUp } from '../lib/index.ts';

/** The host-shareable WGSL types in use, with alignment and size in bytes. */
const elements = {
  u32: { align: 4, size: 4 },
  f32: { align: 4, size: 4 },
  vec2u: { align: 8, size: 8 },
  vec4u: { align: 16, size: 16 },
} as const;

type Element = keyof typeof elements;
export type FieldType = Element | `array<${Element}, ${number}>`;
type Value<T extends FieldType> = T extends 'u32' | 'f32' ? number : ArrayLike<number>;

/** What a u32 holds; for another type, the type and what the field holds. */
export type Field = string | readonly [type: FieldType, note: string];
export type Fields = Readonly<Record<string, Field>>;
type FieldValue<F extends Field> = F extends readonly [infer T extends FieldType, string] ? Value<T> : number;
export type Values<F extends Fields> = { readonly [K in keyof F]: FieldValue<F[K]> };

/** A struct that kernels and the host share: its WGSL text and its packer come from one declaration. */
export interface Struct<F extends Fields = Fields> {
  readonly name: string;
  /** The declaration in WGSL; names in camel case become snake case. */
  readonly wgsl: string;
  /** Bytes without the tail, by WGSL's rules; also from one element of an array of it to the next. */
  readonly size: number;
  readonly align: number;
  /** Bytes before each field. */
  readonly offsets: { readonly [K in keyof F]: number };
  /** Bytes before the tail. */
  readonly tailOffset: number;
  /** Writes one value at a byte offset that is a multiple of 4. */
  write(words: Uint32Array<ArrayBuffer>, byteOffset: number, values: Values<F>): void;
  /** One value, padded to 16 bytes. */
  pack(values: Values<F>): Uint32Array<ArrayBuffer>;
}

interface Placed {
  type: Element;
  count: number;
  offset: number;
}

/** A last member for storage buffers: any number of structs. */
export interface Tail {
  name: string;
  // biome-ignore lint/suspicious/noExplicitAny: which fields the elements have is nothing to their container
  of: Struct<any>;
}

/** Declares a struct; fields are u32 where no type is named. Its arrays hold elements of 16 bytes, the only ones that uniform buffers take. */
export function defineStruct<const F extends Fields>(name: string, fields: F, tail?: Tail): Struct<F> {
  const placed = place(fields);
  const all = Object.values(placed);
  const align = Math.max(tail?.of.align ?? 4, ...all.map(({ type }) => elements[type].align));
  const end = Math.max(...all.map((field) => field.offset + elements[field.type].size * field.count));
  const size = roundUp(end, align);
  const offsets = Object.fromEntries(Object.entries(placed).map(([key, { offset }]) => [key, offset]));
  const write: Struct<F>['write'] = (words, byteOffset, values) => {
    for (const [key, field] of Object.entries(placed))
      put(words, byteOffset + field.offset, field, values[key] as number | ArrayLike<number>);
  };
  const pack: Struct<F>['pack'] = (values) => {
    const words = new Uint32Array(roundUp(size, 16) / 4);
    write(words, 0, values);
    return words;
  };
  const wgsl = declaration(name, fields, tail);
  const tailOffset = roundUp(end, tail?.of.align ?? align);
  return { name, wgsl, size, align, offsets: offsets as Struct<F>['offsets'], tailOffset, write, pack };
}

function place(fields: Fields): Record<string, Placed> {
  const placed: Record<string, Placed> = {};
  let end = 0;
  for (const [key, field] of Object.entries(fields)) {
    const [type] = typed(field);
    const match = /^array<(\w+), (\d+)>$/.exec(type);
    const element = (match?.[1] ?? type) as Element;
    const { align, size } = elements[element];
    if (match && size % 16 !== 0)
      throw new Error(`Internal error: ${key}: an array of ${element} does not fit a uniform buffer`);
    const count = match ? Number(match[2]) : 1;
    const offset = roundUp(end, align);
    placed[key] = { type: element, count, offset };
    end = offset + size * count;
  }
  return placed;
}

function put(
  words: Uint32Array<ArrayBuffer>,
  byteOffset: number,
  { type, count }: Placed,
  value: number | ArrayLike<number>,
): void {
  const target = type === 'f32' ? new Float32Array(words.buffer, words.byteOffset, words.length) : words;
  const list = typeof value === 'number' ? [value] : value;
  const room = (elements[type].size / 4) * count;
  if (list.length > room) throw new Error(`Internal error: ${list.length} numbers for a field of ${room}`);
  target.set(list, byteOffset / 4);
}

function declaration(name: string, fields: Fields, tail: Tail | undefined): string {
  const members = Object.entries(fields).map(([key, field]) => {
    const [type, note] = typed(field);
    return `  ${snakeCase(key)}: ${type}, // ${note}`;
  });
  if (tail) members.push(`  ${tail.name}: array<${tail.of.name}>,`);
  return [`struct ${name} {`, ...members, '}'].join('\n');
}

function typed(field: Field): readonly [type: FieldType, note: string] {
  return typeof field === 'string' ? ['u32', field] : field;
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
