import { VitrineError } from '../lib/index.ts';
import type { Cache } from './cache/cache.ts';
import { digestOf, toHex } from './cache/digest.ts';
import type { Manifest } from './cache/store.ts';
import { maxMetadataBytes, metadataTooLarge } from './repositories/http-file.ts';
import { collect, fileNames, type Listing, type Repository } from './repositories/repository.ts';
import type { CharacterVocabulary, TokenizerTexts } from './types.ts';

/** The model's files other than weights. Each is read once, from storage if present. */
export class MetadataFiles {
  /** Files read so far, to be stored with the weights. */
  readonly read = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly #repository: Repository;
  readonly #listing: Listing;
  readonly #cache: Cache;
  readonly #model: string;
  readonly #manifest: Manifest | undefined;

  constructor(
    repository: Repository,
    listing: Listing,
    cache: Cache,
    model: string,
    manifest: Manifest | undefined,
  ) {
    this.#repository = repository;
    this.#listing = listing;
    this.#cache = cache;
    this.#model = model;
    this.#manifest = manifest;
  }

  /** The text of a file; undefined where there is none. */
  async text(path: string): Promise<string | undefined> {
    const bytes = await this.bytes(path);
    return bytes && new TextDecoder().decode(bytes);
  }

  /** The value of a JSON file; `config-unsupported` when it is none. */
  async json(path: string): Promise<unknown> {
    const text = await this.text(path);
    if (text === undefined) return undefined;
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new VitrineError('config-unsupported', `${path} of ${this.#repository.id} is not JSON.`, {
        cause,
      });
    }
  }

  /** tokenizer.json if present, else any other vocabulary file. */
  async tokenizer(): Promise<TokenizerTexts> {
    const [tokenizerJson, tokenizerConfigJson, specialTokensMapJson, addedTokensJson] = await Promise.all([
      this.text(fileNames.tokenizerJson),
      this.text(fileNames.tokenizerConfigJson),
      this.text(fileNames.specialTokensMapJson),
      this.text(fileNames.addedTokensJson),
    ]);
    const texts = { tokenizerJson, tokenizerConfigJson, specialTokensMapJson, addedTokensJson };
    if (tokenizerJson !== undefined) return texts;
    const [vocabJson, mergesTxt, vocabTxt, sentencePiece, characters] = await Promise.all([
      this.#first(fileNames.vocabJson, fileNames.encoderJson),
      this.#first(fileNames.mergesTxt, fileNames.vocabBpe),
      this.text(fileNames.vocabTxt),
      this.#sentencePiece(),
      this.#characters(),
    ]);
    return { ...texts, vocabJson, mergesTxt, vocabTxt, sentencePiece, characters };
  }

  async #first(path: string, other: string): Promise<string | undefined> {
    return (await this.text(path)) ?? this.text(other);
  }

  async #sentencePiece(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return (await this.bytes(fileNames.sentencePiece)) ?? this.bytes(fileNames.sentencePieceModel);
  }

  async #characters(): Promise<CharacterVocabulary | undefined> {
    const bytes = await this.bytes(fileNames.characters);
    if (!bytes) return undefined;
    const { readCharacterVocabulary } = await import('./formats/character-vocabulary.ts');
    return readCharacterVocabulary(bytes, fileNames.characters);
  }

  /** A file, whole; undefined where there is none. */
  async bytes(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const known = this.read.get(path);
    if (known) return known;
    const listed = this.#listing.files.get(path);
    if (!listed) return undefined;
    if ((listed.bytes ?? 0) > maxMetadataBytes)
      throw metadataTooLarge(`${path} of ${this.#repository.id}`, listed.bytes);
    const bytes = listed.whole ?? (await this.#stored(path)) ?? (await this.#fetched(path));
    if (!bytes) return undefined;
    if (listed.sha256 && toHex(await digestOf(bytes)) !== listed.sha256)
      throw new VitrineError(
        'integrity',
        `${path} of ${this.#repository.id} is not the file the repository promises. Load it again, or from another server.`,
      );
    this.read.set(path, bytes);
    return bytes;
  }

  async #stored(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const record = this.#manifest?.files.find((file) => file.path === path && file.complete);
    if (!record) return undefined;
    const stored = await this.#cache.file(this.#model, record);
    return record.bytes === 0 ? new Uint8Array() : stored.read(0);
  }

  async #fetched(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const { revision, files } = this.#listing;
    const bytes = files.get(path)?.bytes;
    // The known size detects a truncated body.
    if (bytes !== undefined)
      return collect(
        this.#repository.open(revision, { path, bytes, sha256: undefined }).read(0, bytes),
        bytes,
      );
    return this.#repository.readWhole(revision, path);
  }
}
