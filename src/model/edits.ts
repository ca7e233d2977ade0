import { VitrineError } from '../lib/index.ts';

/** A change of one site, at some positions or at all of them, those written later included. */
export interface Edit {
  site: string;
  op: 'zero' | 'scale' | 'add' | 'set';
  /** One number, one vector for every position, or a vector for each of `positions`. */
  value?: number | readonly number[] | Float32Array | readonly (readonly number[] | Float32Array)[];
  /** Of q, k, v, z and pattern: this head alone. */
  head?: number;
  positions?: readonly number[];
}

/** An edit of one of several texts that go through the model side by side. */
export interface RunEdit extends Edit {
  /** Index of the text; undefined for all. */
  run?: number;
}

/** An edit as every engine applies it: x · scale + shift, to a range of a position's values. */
export interface AffineEdit {
  scale: number;
  /** The head that is changed; undefined for all values of a position. */
  head: number | undefined;
  /** Positions that are changed; undefined for all. */
  positions: readonly number[] | undefined;
  /** The text that is changed, where several go through side by side; undefined for all. */
  run: number | undefined;
  /** A number, one vector, or one for each of `positions`. */
  shift: number | Float32Array | readonly Float32Array[];
}

const fields: Record<keyof Edit, true> = { site: true, op: true, value: true, head: true, positions: true };

/**
 * Checks an edit against the shape of its site and brings it to one form.
 * @param shape of one position: [width], [NH, HS], or [NH] for a pattern
 * @throws VitrineError `invalid-argument` naming the site and what is wrong
 */
export function affineEdit({ run, ...edit }: RunEdit, shape: readonly number[]): AffineEdit {
  const { op, head, positions } = edit;
  const unknown = Object.keys(edit).find((name) => !Object.hasOwn(fields, name));
  if (unknown !== undefined)
    throw invalid(edit, `it has no field ${unknown}. Fields are ${Object.keys(fields).join(', ')}`);
  if (positions !== undefined && !Array.isArray(positions))
    throw invalid(edit, '`positions` is a list of whole numbers');
  const heads = shape.length > 1 || edit.site.endsWith('hook_pattern') ? (shape[0] as number) : 0;
  if (head !== undefined && !(Number.isInteger(head) && head >= 0 && head < heads))
    throw invalid(
      edit,
      heads ? `head is ${head}; it must be below ${heads}` : 'it has no heads; leave `head` out',
    );
  const wrong = positions?.find((position) => !(Number.isInteger(position) && position >= 0));
  if (wrong !== undefined) throw invalid(edit, `positions holds ${wrong}; give whole numbers from 0`);
  if (op === 'zero') return { scale: 0, head, positions, run, shift: 0 };
  if (op === 'scale') {
    if (typeof edit.value === 'number' && Number.isFinite(edit.value))
      return { scale: edit.value, head, positions, run, shift: 0 };
    throw invalid(edit, '`scale` takes one number as `value`');
  }
  if (op !== 'add' && op !== 'set') throw invalid(edit, `op is '${op}'; it must be zero, scale, add or set`);
  const width = edit.site.endsWith('hook_pattern')
    ? 0
    : head === undefined
      ? product(shape)
      : (shape[1] as number);
  return { scale: op === 'add' ? 1 : 0, head, positions, run, shift: shiftOf(edit, width) };
}

function shiftOf(edit: Edit, width: number): AffineEdit['shift'] {
  const { value, positions } = edit;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (value === undefined || typeof value === 'number') throw invalid(edit, '`value` is missing');
  if (width === 0) throw invalid(edit, 'a pattern takes one number as `value`');
  const vector = (values: readonly number[] | Float32Array): Float32Array => {
    if (values.length === width) return Float32Array.from(values);
    throw invalid(edit, `\`value\` has ${values.length} numbers; the site has ${width}`);
  };
  if (isVector(value)) return vector(value);
  if (value.length !== positions?.length)
    throw invalid(edit, `\`value\` has ${value.length} vectors; give one for each of \`positions\``);
  return value.map(vector);
}

function isVector(value: NonNullable<Edit['value']>): value is readonly number[] | Float32Array {
  return value instanceof Float32Array || (Array.isArray(value) && typeof value[0] === 'number');
}

/** What is added to value number `index` of the edited range at `position`; undefined where nothing is changed. */
export function shiftAt(edit: AffineEdit, position: number): number | Float32Array | undefined {
  const { positions, shift } = edit;
  if (!positions) return shift as number | Float32Array;
  const index = positions.indexOf(position);
  if (index < 0) return undefined;
  return Array.isArray(shift) ? (shift[index] as Float32Array) : (shift as number | Float32Array);
}

/** Applies an edit to one position's values, `width` of them from `at`; a head is an equal part of `heads`. */
export function applyEdit(
  edit: AffineEdit,
  position: number,
  values: Float32Array | Float64Array,
  { at, width, heads, run = 0 }: { at: number; width: number; heads: number; run?: number },
): void {
  if (edit.run !== undefined && edit.run !== run) return;
  const shift = shiftAt(edit, position);
  if (shift === undefined) return;
  const length = edit.head === undefined ? width : width / heads;
  const from = at + (edit.head ?? 0) * length;
  for (let i = 0; i < length; i++) {
    const added = typeof shift === 'number' ? shift : (shift[i] as number);
    values[from + i] = (edit.scale === 0 ? 0 : (values[from + i] as number) * edit.scale) + added;
  }
}

/** Whether two lists change the same things by the same values, in the same order. */
export function sameEdits(left: readonly Edit[], right: readonly Edit[]): boolean {
  const same = (a: unknown, b: unknown): boolean => {
    if (typeof a !== 'object' || typeof b !== 'object') return Object.is(a, b);
    const [one, other] = [a as ArrayLike<unknown>, b as ArrayLike<unknown>];
    if (one === other) return true;
    if (one.length !== other.length) return false;
    for (let i = 0; i < one.length; i++) if (!same(one[i], other[i])) return false;
    return true;
  };
  const keys = Object.keys(fields) as (keyof Edit)[];
  return (
    left.length === right.length &&
    left.every((edit, index) => keys.every((key) => same(edit[key], right[index]?.[key])))
  );
}

function product(shape: readonly number[]): number {
  return shape.reduce((all, size) => all * size, 1);
}

function invalid(edit: Edit, why: string): VitrineError {
  return new VitrineError('invalid-argument', `The edit of ${edit.site} is refused: ${why}.`);
}
