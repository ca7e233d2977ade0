import { VitrineError } from '../lib/index.ts';

/** No size of a model comes near this; sums and products of a few sizes below it stay exact. */
const largestSize = 2 ** 24;

export type ConfigRecord = Readonly<Record<string, unknown>>;

/** The value of `key` in config.json; inherited properties are ignored. */
export function keyOf(config: ConfigRecord, key: string): unknown {
  return Object.hasOwn(config, key) ? config[key] : undefined;
}

/** A config that says something Vitrine cannot do, or says nothing sensible. */
export function unsupported(message: string): VitrineError {
  return new VitrineError('config-unsupported', message);
}

/** A config whose parts contradict each other or the checkpoint. */
export function mismatch(message: string): VitrineError {
  return new VitrineError('config-mismatch', message);
}

/** A value as the message shows it. */
export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** A whole number from 1 up. */
export function sizeOf(config: ConfigRecord, key: string): number | undefined {
  const value = keyOf(config, key);
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= largestSize)
    return value;
  throw unsupported(
    `${key} is ${show(value)} in config.json; it must be a whole number from 1 to ${largestSize}. Correct it there.`,
  );
}

/** A size under its own name or its alias; both may be present if they agree. */
export function aliasedSize(config: ConfigRecord, key: string, alias: string): number | undefined {
  const own = sizeOf(config, key);
  const other = sizeOf(config, alias);
  if (own !== undefined && other !== undefined && own !== other)
    throw mismatch(
      `${key} is ${own} and ${alias} is ${other} in config.json, and both name the same size. Remove the wrong one.`,
    );
  return own ?? other;
}

export function flagOf(config: ConfigRecord, key: string, fallback: boolean): boolean {
  const value = keyOf(config, key);
  if (value === undefined) return fallback;
  if (typeof value === 'boolean') return value;
  throw unsupported(`${key} is ${show(value)} in config.json; it must be true or false. Correct it there.`);
}

export function isRecord(value: unknown): value is ConfigRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Keys that change the model into another one when they hold anything. */
export function refuseIfSet(config: ConfigRecord, key: string, why: string): void {
  const value = keyOf(config, key);
  if (value === undefined || value === null || value === false) return;
  if (isRecord(value) && Object.keys(value).length === 0) return;
  throw unsupported(`${key} is ${show(value)} in config.json: ${why}`);
}
