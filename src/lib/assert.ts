/** For what cannot happen: a broken promise inside Vitrine, never bad input. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`Internal error: ${message}`);
}

/** The exhaustive end of a switch. */
export function assertNever(value: never): never {
  throw new Error(`Internal error: unexpected value ${JSON.stringify(value)}`);
}

/** The value, or an internal error when it is undefined or null. */
export function defined<T>(value: T | undefined | null, what: string): T {
  assert(value !== undefined && value !== null, `${what} is missing`);
  return value;
}
