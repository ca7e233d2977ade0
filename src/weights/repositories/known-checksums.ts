/** The recorded size and digest of one file at one commit, used to verify downloads. */
export interface KnownFile {
  path: string;
  bytes: number;
  /** Of the whole file, 64 lower-case hex digits. */
  sha256: string;
}

/** A commit whose files are known by digest. */
export interface KnownRevision {
  commit: string;
  files: readonly KnownFile[];
}

function weights(commit: string, bytes: number, sha256: string): KnownRevision {
  return { commit, files: [{ path: 'model.safetensors', bytes, sha256 }] };
}

const gpt2 = weights(
  '607a30d783dfa663caf39e06633721c8d4cfcd7e',
  548_105_171,
  '248dfc3911869ec493c76e65bf2fcf7f615828b0254c12b473182f0f81d3a707',
);
const distilgpt2 = weights(
  '2290a62682d06624634c1f46a6ad5be0f47f38aa',
  352_824_413,
  'e1ff18884359fe8beb795a5f414feb85a6ce3d929ad019c0d958c039d2b94a1b',
);

/** All names of a pinned model. Separate from the other model facts, which only the page needs. */
const pinned = new Map([
  ['gpt2', gpt2],
  ['openai-community/gpt2', gpt2],
  ['distilgpt2', distilgpt2],
  ['distilbert/distilgpt2', distilgpt2],
]);

/** The record of a hub id or short name, case-insensitive. */
export function knownRevision(id: string): KnownRevision | undefined {
  return pinned.get(id.toLowerCase());
}
