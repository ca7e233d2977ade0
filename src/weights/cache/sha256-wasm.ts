import { type Compress, roundConstants } from './sha256.ts';
import { blocksAt, constantsAt, pieceBytes, sha256Module } from './sha256-code.ts';

/** SHA-256's compression in WebAssembly, three times as fast as in JavaScript; undefined where the page's policy forbids it or there is no SIMD. */
export function wasmCompress(): Compress | undefined {
  if (typeof WebAssembly === 'undefined') return undefined;
  try {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const module = new WebAssembly.Module(sha256Module());
    const { exports } = new WebAssembly.Instance(module, { m: { m: memory } });
    const mix = exports.mix as (at: number, stop: number) => void;
    new Int32Array(memory.buffer, constantsAt, roundConstants.length).set(roundConstants);
    const held = new Int32Array(memory.buffer, 0, 8);
    const blocks = new Uint8Array(memory.buffer, blocksAt, pieceBytes);
    return (state, bytes, from, to) => {
      held.set(state);
      for (let at = from; at < to; at += pieceBytes) {
        const piece = bytes.subarray(at, Math.min(to, at + pieceBytes));
        blocks.set(piece);
        mix(blocksAt, blocksAt + piece.length);
      }
      state.set(held);
    };
  } catch {
    return undefined;
  }
}
