import { bytesOfToken } from './byte-symbols.ts';
import { isObject, type JsonObject, mismatch, property, quote, unsupported } from './json.ts';
import { steps } from './steps.ts';
import type { Pieces } from './stream.ts';

const utf8 = new TextEncoder();
const space = 0x20;

/** A rule that turns the text of a token into that of the next rule. */
type Rule = (token: string) => string;

interface Decoder {
  rules: Rule[];
  /** Tokens `<0x0A>` are bytes. */
  byteFallback: boolean;
  /** Tokens are byte symbols. */
  byteLevel: boolean;
  /** Spaces to leave out at the start of a text. */
  strip: number;
  /** The first token of a text loses the space that this rule would put before it. */
  separated: ((token: string) => boolean) | undefined;
  /** Ends a word: a space, but not at the end of the text. */
  suffix: string;
}

/** " do n't ." → " don't.", token by token, as the WordPiece decoder cleans up. */
function cleanUp(text: string): string {
  const exact: [string, string][] = [[' .', '.'], [' ?', '?'], [' !', '!'], [' ,', ','], [" ' ", "'"], [" n't", "n't"], [" 'm", "'m"], [' do not', " don't"], [" 's", "'s"], [" 've", "'ve"], [" 're", "'re"]]; // biome-ignore format: pairs
  return exact.reduce((result, [from, to]) => result.replaceAll(from, to), text);
}

function text(step: JsonObject, key: string, otherwise: string): string {
  const value = property(step, key) ?? otherwise;
  if (typeof value !== 'string')
    throw mismatch(`tokenizer.json has a decoder whose ${key} is ${quote(value)}.`);
  return value;
}

function addReplace(decoder: Decoder, step: JsonObject): void {
  const pattern = property(step, 'pattern');
  const from = isObject(pattern) ? property(pattern, 'String') : pattern;
  if (typeof from !== 'string' || from === '')
    throw unsupported(`tokenizer.json has a decoder that replaces ${quote(pattern)}.`);
  const to = text(step, 'content', '');
  decoder.rules.push((token) => token.replaceAll(from, to));
}

function addMetaspace(decoder: Decoder, step: JsonObject): void {
  const mark = text(step, 'replacement', '▁');
  const scheme = property(step, 'prepend_scheme');
  const prefixed = scheme === undefined ? property(step, 'add_prefix_space') !== false : scheme !== 'never';
  decoder.rules.push((token) => token.replaceAll(mark, ' '));
  if (prefixed) decoder.separated = (token) => token.startsWith(mark);
}

function addWordPiece(decoder: Decoder, step: JsonObject): void {
  const prefix = text(step, 'prefix', '##');
  const clean = property(step, 'cleanup') !== false;
  const continues = (token: string) => prefix !== '' && token.startsWith(prefix);
  decoder.rules.push((token) => (continues(token) ? token.slice(prefix.length) : ` ${token}`));
  if (clean) decoder.rules.push(cleanUp);
  decoder.separated = () => true;
}

function addStrip(decoder: Decoder, step: JsonObject, fused: boolean): void {
  const [content, start, stop] = [
    text(step, 'content', ' '),
    property(step, 'start'),
    property(step, 'stop'),
  ];
  const plain = content === ' ' && (start === 0 || start === 1) && (stop === 0 || stop === undefined);
  if (!plain || !fused) throw unsupported(`tokenizer.json has a decoder that strips ${quote(step)}.`);
  decoder.strip = start;
}

function addStep(decoder: Decoder, step: JsonObject, fused: boolean): void {
  const type = property(step, 'type');
  if (type === 'Replace') addReplace(decoder, step);
  else if (type === 'Metaspace') addMetaspace(decoder, step);
  else if (type === 'WordPiece') addWordPiece(decoder, step);
  else if (type === 'BPEDecoder') decoder.suffix = text(step, 'suffix', '</w>');
  else if (type === 'ByteLevel') decoder.byteLevel = true;
  else if (type === 'ByteFallback') decoder.byteFallback = true;
  else if (type === 'Strip') addStrip(decoder, step, fused);
  else if (type !== 'Fuse') throw unsupported(`tokenizer.json uses the decoder ${quote(type)}.`);
}

function readDecoder(config: unknown): Decoder {
  const decoder: Decoder = {
    rules: [],
    byteFallback: false,
    byteLevel: false,
    strip: 0,
    separated: undefined,
    suffix: '',
  };
  const list = steps(config, 'decoders', 'decoder');
  let fused = false;
  for (const step of list) {
    addStep(decoder, step, fused);
    fused ||= property(step, 'type') === 'Fuse';
  }
  // Without a decoder, tokens are words apart by spaces.
  if (list.length === 0) {
    decoder.rules.push((token) => ` ${token}`);
    decoder.separated = () => true;
  }
  return decoder;
}

const byteToken = /^<0x([0-9A-Fa-f]{2})>$/;

function bytesOf(token: string, { rules, byteFallback, byteLevel, suffix }: Decoder): Uint8Array {
  const byte = byteFallback ? byteToken.exec(token) : null;
  if (byte) return Uint8Array.of(Number.parseInt(byte[1] as string, 16));
  const words = suffix === '' ? token : token.replaceAll(suffix, ' ');
  const result = rules.reduce((value, rule) => rule(value), words);
  return byteLevel ? bytesOfToken(result) : utf8.encode(result);
}

/**
 * What the decoder of a tokenizer.json makes of each token.
 * @throws VitrineError `unsupported-format` for a decoder that cannot be told token by token
 */
export function readPieces(config: unknown, tokenOf: ReadonlyMap<number, string>): Pieces {
  const decoder = readDecoder(config);
  const cache = new Map<number, Uint8Array>();
  const bytes = (id: number) => {
    const token = tokenOf.get(id);
    if (token === undefined) return undefined;
    const known = cache.get(id) ?? bytesOf(token, decoder);
    cache.set(id, known);
    return known;
  };
  const { separated, strip, suffix } = decoder;
  return {
    bytes,
    leading: (id) => {
      const spaced = bytes(id)?.[0] === space;
      return spaced && (strip > 0 || separated?.(tokenOf.get(id) ?? '')) ? 1 : 0;
    },
    trailing: (id) => (suffix !== '' && tokenOf.get(id)?.endsWith(suffix) ? 1 : 0),
  };
}
