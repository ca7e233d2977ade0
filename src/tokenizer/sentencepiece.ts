import { type JsonObject, mismatch, unsupported } from './json.ts';

// The parts of sentencepiece_model.proto that a tokenizer needs. Field numbers are in comments.

/** Kinds of pieces. */
const unknownKind = 2;
const controlKind = 3;
const userKind = 4;

interface Piece {
  text: string; // 1
  score: number; // 2
  kind: number; // 3, 1 by default
}

interface SentencePieceModel {
  pieces: Piece[]; // 1
  /** 1 Unigram, 2 BPE, 3 words, 4 characters. */
  type: number; // 2.3
  byteFallback: boolean; // 2.35
  /** Words end with the mark for a space; in most models they begin with it. */
  spaceAsSuffix: boolean; // 2.24
  charsmap: Uint8Array; // 3.2
  dummyPrefix: boolean; // 3.3
  extraSpaces: boolean; // 3.4, true: removed
}

const mostPieces = 1 << 20;
/** The largest models have some 5 MB. */
const mostBytes = 32 * 1024 * 1024;
/** Every cut of a BPE piece is looked up, so that long ones take the square of their length. */
const longestPiece = 256;
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** The fields of a protobuf message, one after the other: numbers of varints, bytes of the other kinds. */
function* fields(bytes: Uint8Array): Generator<[field: number, value: number | Uint8Array]> {
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined) throw mismatch('The SentencePiece model ends amid a number.');
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
    throw mismatch('The SentencePiece model holds a number without an end.');
  };
  const take = (length: number) => {
    if (length > bytes.length - at) throw mismatch('The SentencePiece model is cut short.');
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const key = varint();
    const wire = key % 8;
    const field = Math.floor(key / 8);
    if (wire === 0) yield [field, varint()];
    else if (wire === 1) yield [field, take(8)];
    else if (wire === 2) yield [field, take(varint())];
    else if (wire === 5) yield [field, take(4)];
    else throw mismatch('The file is no SentencePiece model.');
  }
}

function message(value: number | Uint8Array): Uint8Array {
  if (typeof value === 'number') throw mismatch('The file is no SentencePiece model.');
  return value;
}

function readPiece(bytes: Uint8Array): Piece {
  const piece: Piece = { text: '', score: 0, kind: 1 };
  for (const [field, value] of fields(bytes)) {
    if (field === 1) piece.text = utf8.decode(message(value));
    if (field === 2) {
      const word = message(value);
      if (word.length === 4) piece.score = new DataView(word.buffer, word.byteOffset).getFloat32(0, true);
    }
    if (field === 3) piece.kind = Number(value);
  }
  return piece;
}

/** @throws VitrineError `tokenizer-mismatch` when the bytes are no SentencePiece model */
function readModel(bytes: Uint8Array): SentencePieceModel {
  if (bytes.length > mostBytes)
    throw mismatch(`The SentencePiece model has ${bytes.length} bytes; at most ${mostBytes} are read.`);
  const model: SentencePieceModel = {
    pieces: [],
    type: 1,
    byteFallback: false,
    spaceAsSuffix: false,
    charsmap: new Uint8Array(0),
    dummyPrefix: true,
    extraSpaces: true,
  };
  for (const [field, value] of fields(bytes)) {
    if (field === 1) model.pieces.push(readPiece(message(value)));
    if (model.pieces.length > mostPieces)
      throw mismatch('The SentencePiece model has over a million pieces.');
    if (field === 2)
      for (const [part, each] of fields(message(value))) {
        if (part === 3) model.type = Number(each);
        if (part === 35) model.byteFallback = each === 1;
        if (part === 24) model.spaceAsSuffix = each === 1;
      }
    if (field === 3)
      for (const [part, each] of fields(message(value))) {
        if (part === 2) model.charsmap = message(each);
        if (part === 3) model.dummyPrefix = each === 1;
        if (part === 4) model.extraSpaces = each === 1;
      }
  }
  if (model.pieces.length === 0) throw mismatch('The SentencePiece model has no pieces.');
  return model;
}

function base64(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/** Merges in order of the merged piece's score: every way to cut it into two pieces, as transformers derives them. */
function mergesOf(pieces: readonly Piece[]): [string, string][] {
  const idOf = new Map(pieces.map(({ text }, id) => [text, id]));
  const merges: { score: number; left: number; right: number; pair: [string, string] }[] = [];
  for (const { text, score, kind } of pieces) {
    if (kind === controlKind || kind === unknownKind) continue;
    if (text.length > longestPiece)
      throw mismatch(`The SentencePiece model has a piece of ${text.length} characters.`);
    for (let cut = 1; cut < text.length; cut++) {
      const pair: [string, string] = [text.slice(0, cut), text.slice(cut)];
      const left = idOf.get(pair[0]);
      const right = idOf.get(pair[1]);
      if (left !== undefined && right !== undefined) merges.push({ score, left, right, pair });
    }
  }
  merges.sort((a, b) => b.score - a.score || a.left - b.left || a.right - b.right);
  return merges.map(({ pair }) => pair);
}

/** Spaces at either end of a text; `^` and `$` would be those of lines. */
const edges = '(?<![\\s\\S]) +| +(?![\\s\\S])';

/** What is done to a text before its spaces become marks. */
function normalizersOf({ charsmap, extraSpaces }: SentencePieceModel): JsonObject[] {
  const replace = (regex: string, content: string) => ({
    type: 'Replace',
    pattern: { Regex: regex },
    content,
  });
  return [
    ...(charsmap.length > 0 ? [{ type: 'Precompiled', precompiled_charsmap: base64(charsmap) }] : []),
    ...(extraSpaces ? [replace(edges, ''), replace(' {2,}', ' ')] : []),
  ];
}

function bpeJson(model: SentencePieceModel, unknown: number): JsonObject {
  const { pieces, byteFallback, dummyPrefix } = model;
  const vocab = Object.fromEntries(pieces.map(({ text }, id) => [text, id]));
  const mark = { type: 'Replace', pattern: { String: ' ' }, content: '▁' };
  const prefix = dummyPrefix ? [{ type: 'Prepend', prepend: '▁' }] : [];
  const strip = dummyPrefix ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : [];
  return {
    model: {
      type: 'BPE',
      vocab,
      merges: mergesOf(pieces),
      unk_token: pieces[unknown]?.text ?? null,
      fuse_unk: true,
      byte_fallback: byteFallback,
    },
    normalizer: { type: 'Sequence', normalizers: [...normalizersOf(model), ...prefix, mark] },
    pre_tokenizer: null,
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        ...strip,
      ],
    },
  };
}

function unigramJson(model: SentencePieceModel, unknown: number): JsonObject {
  const { pieces, byteFallback, dummyPrefix } = model;
  const metaspace = { type: 'Metaspace', replacement: '▁', prepend_scheme: dummyPrefix ? 'always' : 'never' };
  return {
    model: {
      type: 'Unigram',
      vocab: pieces.map(({ text, score }) => [text, score]),
      unk_id: unknown,
      byte_fallback: byteFallback,
    },
    normalizer: { type: 'Sequence', normalizers: normalizersOf(model) },
    pre_tokenizer: metaspace,
    decoder: byteFallback ? { type: 'Sequence', decoders: [{ type: 'ByteFallback' }, metaspace] } : metaspace,
  };
}

/**
 * A SentencePiece model as the tokenizer.json that transformers converts it to.
 * @throws VitrineError `tokenizer-mismatch` when the bytes are no SentencePiece model, `unsupported-format` for models
 * of words or characters
 */
export function sentencePieceJson(bytes: Uint8Array): JsonObject {
  const model = readModel(bytes);
  const unknown = Math.max(
    0,
    model.pieces.findIndex(({ kind }) => kind === unknownKind),
  );
  if (model.type !== 1 && model.type !== 2)
    throw unsupported(`The SentencePiece model is of type ${model.type}; Unigram (1) and BPE (2) are read.`);
  if (model.spaceAsSuffix)
    throw unsupported('The SentencePiece model marks the ends of words, not their beginnings.');
  const added = model.pieces.flatMap(({ text, kind }, id) =>
    kind === controlKind || kind === userKind || kind === unknownKind
      ? [{ id, content: text, special: kind !== userKind, normalized: false }]
      : [],
  );
  const json = model.type === 1 ? unigramJson(model, unknown) : bpeJson(model, unknown);
  return { ...json, added_tokens: added, post_processor: null };
}
