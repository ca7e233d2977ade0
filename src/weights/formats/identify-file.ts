import { VitrineError } from '../../lib/index.ts';

const text = (bytes: Uint8Array, begin: number, end: number) =>
  String.fromCharCode(...bytes.subarray(begin, end));

/** Description of a recognised file and the suggested next step. */
interface Kind {
  is: string;
  next: string;
  test(front: Uint8Array, name: string): boolean;
}

const useSafetensors = "Use the model's safetensors; most repositories have them beside this file.";

/** Files often mistaken for a checkpoint, recognised by their first bytes or, failing that, by name. */
const kinds: readonly Kind[] = [
  {
    is: 'empty',
    next: 'Download it again.',
    test: (front) => front.length === 0,
  },
  {
    is: 'a Git LFS pointer, the note that git leaves in place of a large file',
    next: 'Run git lfs pull in the repository, or download the file from its page.',
    test: (front) => text(front, 0, 42).startsWith('version https://git-lfs.github.com/spec/'),
  },
  {
    is: 'a web page',
    next: 'The download saved a page in place of the file: download it again from the "resolve" or "raw" address.',
    test: (front) => /^\s*(<!doctype html|<html|<head|<\?xml)/i.test(text(front, 0, 256)),
  },
  {
    is: 'a GGUF file, the format of llama.cpp',
    next: useSafetensors,
    test: (front) => text(front, 0, 4) === 'GGUF',
  },
  {
    is: 'a Keras or HDF5 file (.h5)',
    next: useSafetensors,
    test: (front) => text(front, 0, 8) === '\x89HDF\r\n\x1a\n',
  },
  {
    is: 'an ONNX file',
    next: useSafetensors,
    test: (_front, name) => /\.(onnx|onnx_data)$/i.test(name),
  },
  {
    is: 'a Flax checkpoint (.msgpack)',
    next: useSafetensors,
    test: (_front, name) => /\.msgpack$/i.test(name),
  },
  {
    is: 'a tar archive',
    next: 'Unpack it and choose the files inside. An exported model is taken back with Import.',
    test: (front, name) => text(front, 257, 262) === 'ustar' || /\.(tar|tar\.gz|tgz)$/i.test(name),
  },
  {
    is: 'a gzip archive',
    next: 'Unpack it and choose the files inside.',
    test: (front) => front[0] === 0x1f && front[1] === 0x8b,
  },
  {
    is: 'a zip archive',
    next: 'Unpack it and choose the files inside.',
    test: (front, name) => text(front, 0, 4) === 'PK\x03\x04' && !/\.(bin|pt|pth|ckpt)$/i.test(name),
  },
];

/** Number of leading bytes inspected. */
export const identifiedBytes = 512;

/** Identifies a file that holds no readable weights; undefined for all others. */
export function identifyFile(front: Uint8Array, name: string): string | undefined {
  const kind = kinds.find((one) => one.test(front, name));
  return kind && `${name} is ${kind.is}. ${kind.next}`;
}

/** Throws `unsupported-format` for a file that is known to be something else. */
export function refuseOtherFormats(front: Uint8Array, name: string): void {
  const found = identifyFile(front, name);
  if (found) throw new VitrineError('unsupported-format', found);
}
