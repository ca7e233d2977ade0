import { siteBase } from './library.ts';

/** A recorded answer of the bundled model, token by token, shown while its weights load. */
export interface Recording {
  version: 1;
  model: string;
  prompt: string;
  tokens: RecordedToken[];
}

export interface RecordedToken {
  text: string;
  logprob: number;
  alternatives: { text: string; logprob: number }[];
}

/** Validates a recording, since its file may be of another version. */
export function isRecording(data: unknown): data is Recording {
  const it = data as Recording | null;
  return (
    typeof it === 'object' &&
    it?.version === 1 &&
    typeof it.prompt === 'string' &&
    Array.isArray(it.tokens) &&
    it.tokens.every((token) => typeof token.text === 'string' && typeof token.logprob === 'number')
  );
}

/** The recording of a model and prompt, if there is one. Never throws: without it a visitor only waits. */
export async function findRecording(
  model: string,
  prompt: string,
  signal: AbortSignal,
): Promise<Recording | undefined> {
  if (model !== 'tiny-tales') return undefined;
  try {
    const url = new URL('models/tiny-tales/recording.json', siteBase());
    const response = await fetch(url, { signal });
    const data: unknown = response.ok ? await response.json() : undefined;
    return isRecording(data) && data.prompt === prompt ? data : undefined;
  } catch {
    return undefined;
  }
}
