/** A file of a model as its repository lists it; what is unknown is left out. */
export interface ListedFile {
  path: string;
  bytes?: number;
  /** Promised SHA-256, 64 lower-case hex digits. */
  sha256?: string;
  /** The whole file, where finding it brought it along. */
  whole?: Uint8Array<ArrayBuffer>;
  /** The first bytes, likewise. */
  head?: Uint8Array<ArrayBuffer>;
  /** The server was seen to ignore ranges. */
  sequential?: boolean;
  /** ETag or date of the file when it was found. */
  version?: string;
}

/** The files of one pinned revision. */
export interface Listing {
  /** Commit, or a digest of what is known about the files. */
  revision: string;
  files: ReadonlyMap<string, ListedFile>;
}

/** A file of known size that can be read in any part, at any time. */
export interface RepositoryFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string | undefined;
  /** True once the server has shown that it only reads front to back. */
  readonly sequential: boolean;
  /** The bytes [begin, end); a piece is only valid until the next is asked for. */
  read(begin: number, end: number, signal?: AbortSignal): AsyncIterable<Uint8Array>;
}

/** Where the files of a model are: a hub, a folder of a web server, or the visitor's own disk. */
export interface Repository {
  /** As the user named the model, without the revision. */
  readonly id: string;
  /** What the user asked for, such as a branch; undefined where there are no revisions. */
  readonly ref: string | undefined;
  /** Tells origins of the same id apart in the storage: the hub or folder they are at. */
  readonly scope: string;
  /** False for files that are on this machine anyway. */
  readonly stored: boolean;
  /** Finds out which revision is meant and which files it has; `attempts` where waiting long is not worth it. */
  resolveRevision(attempts?: number): Promise<Listing>;
  /** Opens a file of a pinned revision; needs no listing. */
  open(revision: string, file: ListedFile & { bytes: number }): RepositoryFile;
  /** Reads a small file in full; undefined if there is none. */
  readWhole(revision: string, path: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
}

/** The names that may make up a model. */
export const fileNames = {
  config: 'config.json',
  generationConfig: 'generation_config.json',
  safetensors: 'model.safetensors',
  safetensorsIndex: 'model.safetensors.index.json',
  torch: 'pytorch_model.bin',
  torchIndex: 'pytorch_model.bin.index.json',
  nanoGpt: 'ckpt.pt',
  characters: 'meta.pkl',
  hparams: 'hparams.json',
  tensorflowIndex: 'model.ckpt.index',
  tensorflowData: 'model.ckpt.data-00000-of-00001',
  encoderJson: 'encoder.json',
  vocabBpe: 'vocab.bpe',
  adapterConfig: 'adapter_config.json',
  adapterWeights: 'adapter_model.safetensors',
  adapterTorch: 'adapter_model.bin',
  tokenizerJson: 'tokenizer.json',
  vocabJson: 'vocab.json',
  mergesTxt: 'merges.txt',
  tokenizerConfigJson: 'tokenizer_config.json',
  specialTokensMapJson: 'special_tokens_map.json',
  addedTokensJson: 'added_tokens.json',
  vocabTxt: 'vocab.txt',
  sentencePiece: 'spiece.model',
  sentencePieceModel: 'tokenizer.model',
} as const;

/** All pieces in one array. */
export async function collect(
  pieces: AsyncIterable<Uint8Array>,
  bytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const whole = new Uint8Array(bytes);
  let at = 0;
  for await (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
