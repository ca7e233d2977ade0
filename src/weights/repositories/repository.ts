/** A file of a model as its repository lists it; unknown properties are absent. */
export interface ListedFile {
  path: string;
  bytes?: number;
  /** SHA-256 published by the repository, 64 lower-case hex digits. */
  sha256?: string;
  /** The whole file, if the request that found it returned its content. */
  whole?: Uint8Array<ArrayBuffer>;
  /** The first bytes of the file, if the request that found it returned them. */
  head?: Uint8Array<ArrayBuffer>;
  /** The server ignored a range request. */
  sequential?: boolean;
  /** ETag or Last-Modified date of the file when it was found. */
  version?: string;
}

/** The files of one pinned revision. */
export interface Listing {
  /** Commit, or a digest of the files' names, sizes and versions. */
  revision: string;
  files: ReadonlyMap<string, ListedFile>;
}

/** A file of known size with random access. */
export interface RepositoryFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string | undefined;
  /** True once the server has ignored a range request: the file can only be read sequentially. */
  readonly sequential: boolean;
  /** Reads the bytes [begin, end); a chunk is valid only until the next one is requested. */
  read(begin: number, end: number, signal?: AbortSignal): AsyncIterable<Uint8Array>;
}

/** The location of a model's files: a hub, a folder on a web server, or the visitor's disk. */
export interface Repository {
  /** The model's name as the user gave it, without the revision. */
  readonly id: string;
  /** The revision the user asked for, such as a branch; undefined if the repository has no revisions. */
  readonly ref: string | undefined;
  /** The hub or folder; keeps models of the same id apart in the cache. */
  readonly scope: string;
  /** False for local files, which need no copy in the cache. */
  readonly stored: boolean;
  /** Resolves the revision to a commit and lists its files; `attempts` limits retries. */
  resolveRevision(attempts?: number): Promise<Listing>;
  /** Opens a file of a pinned revision without listing the repository. */
  open(revision: string, file: ListedFile & { bytes: number }): RepositoryFile;
  /** Reads a whole small file; undefined if it does not exist. */
  readWhole(revision: string, path: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
}

/** File names a model may consist of. */
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
  tensorflowCheckpoint: 'checkpoint',
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

/** Concatenates all chunks. */
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
