import { VitrineError } from '../../lib/index.ts';
import type { TransportOptions } from '../types.ts';

/** Some 32 MiB of weights in memory. */
export const defaultTransport: TransportOptions = {
  chunkBytes: 4 * 1024 * 1024,
  aheadChunks: 3,
  attempts: 6,
  backoffMs: 500,
  stallMs: 30_000,
};

/** No wait before a retry is longer than this, whatever the server asks for. */
export const longestWaitMs = 60_000;

/** The defaults with some replaced; `invalid-argument` on values that cannot work. */
export function transportOptions(given: Partial<TransportOptions> = {}): TransportOptions {
  const settings = { ...defaultTransport };
  for (const key of Object.keys(defaultTransport) as (keyof TransportOptions)[]) {
    const value = given[key];
    if (value === undefined) continue;
    if (!Number.isInteger(value) || value < 1)
      throw new VitrineError(
        'invalid-argument',
        `transport.${key} must be a positive integer, got ${value}.`,
      );
    settings[key] = value;
  }
  return settings;
}
