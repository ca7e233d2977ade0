import { type AttributeName, frameNames } from './options.ts';

/** Version of the messages between a frame and its parent; the value of `vitrine` in each. */
export const protocolVersion = 1;

/** Commands of a parent. Model, hub and dtype are fixed by the frame's URL. */
export type FrameCommand =
  | { vitrine: 1; id?: string | number; type: 'hello' }
  | { vitrine: 1; id?: string | number; type: 'set'; values: Record<string, string | number | null> }
  | { vitrine: 1; id?: string | number; type: 'generate' }
  | { vitrine: 1; id?: string | number; type: 'stop' };

/** Messages of a frame. `answer` carries the id of its command. */
export type FrameEvent =
  | { vitrine: 1; type: 'height'; height: number }
  | { vitrine: 1; type: 'answer'; id: string | number; ok: boolean; why?: string }
  | { vitrine: 1; type: 'ready' | 'token' | 'take' | 'done' | 'error'; detail: unknown };

const fixed: readonly AttributeName[] = ['model', 'hub', 'dtype', 'autoload'];

/** Attributes that a parent may change at run time. */
export const settable: readonly string[] = frameNames.filter((name) => !fixed.includes(name));

const types = ['hello', 'set', 'generate', 'stop'];

function isValue(value: unknown): boolean {
  return value === null || typeof value === 'string' || Number.isFinite(value);
}

/** Parses a message as a command; undefined for anything else or another version. */
export function readCommand(data: unknown): FrameCommand | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const { vitrine, type, id, values } = data as Record<string, unknown>;
  if (vitrine !== protocolVersion || typeof type !== 'string' || !types.includes(type)) return undefined;
  if (id !== undefined && typeof id !== 'string' && typeof id !== 'number') return undefined;
  if (type !== 'set') return data as FrameCommand;
  if (typeof values !== 'object' || values === null) return undefined;
  return Object.values(values).every(isValue) ? (data as FrameCommand) : undefined;
}

/**
 * Origins that may command the frame and hear what it writes: those the frame's address names (`parent=`, any number
 * of times), and of these only the ones the site lists, if the site has a list.
 */
export function allowedOrigins(named: readonly string[], listed: readonly string[]): Set<string> {
  const origins = named.map(originOf).filter((origin) => origin !== undefined);
  const site = new Set(listed.map(originOf));
  return new Set(site.size === 0 ? origins : origins.filter((origin) => site.has(origin)));
}

function originOf(text: string): string | undefined {
  try {
    const { origin } = new URL(text);
    return origin === 'null' ? undefined : origin;
  } catch {
    return undefined;
  }
}
