import { afterEach, describe, expect, test } from 'vitest';
import { openCheckpoint } from '../src/weights/index.ts';
import { closeTestHubs, file, golden, startTestHub } from './support/published-forms.ts';

afterEach(closeTestHubs);

const bytes = (text: string, length = 600) => {
  const content = new Uint8Array(length);
  content.set(Uint8Array.from(text, (character) => character.charCodeAt(0)));
  return content;
};
const pointer = bytes('version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n', 70);
const page = bytes('<!doctype html><html><title>Sign in</title></html>', 60);
const tar = bytes('gpt2/config.json');
tar.set(bytes('ustar', 5), 257);

const options = { cache: false, transport: { attempts: 1, backoffMs: 1 } };
const open = (source: string | File[]) => openCheckpoint(source, options);

/** A file, and what is said of it: what it is, and what to do. */
const foreign: [name: string, content: Uint8Array<ArrayBuffer>, message: RegExp][] = [
  ['model.gguf', bytes('GGUF\x03'), /model\.gguf is a GGUF file.*Use the model's safetensors/],
  ['model.onnx', bytes('\x08\x07'), /model\.onnx is an ONNX file.*Use the model's safetensors/],
  ['gpt2.zip', bytes('PK\x03\x04'), /gpt2\.zip is a zip archive.*Unpack it/],
  ['gpt2.tar', tar, /gpt2\.tar is a tar archive.*Unpack it/],
  ['gpt2.tar.gz', bytes('\x1f\x8b\x08'), /gpt2\.tar\.gz is a .*archive.*Unpack it/],
  [
    'tf_model.h5',
    bytes('\x89HDF\r\n\x1a\n'),
    /tf_model\.h5 is a Keras or HDF5 file.*Use the model's safetensors/,
  ],
  [
    'flax_model.msgpack',
    bytes('\x81'),
    /flax_model\.msgpack is a Flax checkpoint.*Use the model's safetensors/,
  ],
];

/** The same where a checkpoint should be. */
const inPlace: typeof foreign = [
  ['model.safetensors', bytes('GGUF\x03'), /model\.safetensors is a GGUF file/],
  ['model.safetensors', pointer, /model\.safetensors is a Git LFS pointer.*git lfs pull/],
  ['model.safetensors', page, /model\.safetensors is a web page.*download it again/i],
  ['model.safetensors', new Uint8Array(), /model\.safetensors is empty.*Download it again/],
  ['pytorch_model.bin', pointer, /pytorch_model\.bin is a Git LFS pointer.*git lfs pull/],
  ['pytorch_model.bin', page, /pytorch_model\.bin is a web page/],
  ['pytorch_model.bin', new Uint8Array(), /pytorch_model\.bin is empty/],
];

describe.each(foreign)('%s', (name, content, message) => {
  const refused = { code: 'unsupported-format', message: expect.stringMatching(message) };

  test('dropped alone, or beside a config.json', async () => {
    await expect(open([file(name, content)])).rejects.toMatchObject(refused);
    await expect(open([golden('config.json'), file(name, content)])).rejects.toMatchObject(refused);
  });

  test('by its address, and as the only weights of a repository', async () => {
    const files = { [name]: content, 'config.json': '{}' };
    const server = await startTestHub({ folders: { one: files }, repos: { 'any/one': { files } } });
    await expect(open(`${server.folderUrl('one')}${name}`)).rejects.toMatchObject(refused);
    await expect(openCheckpoint('any/one', { ...options, hub: server.hub })).rejects.toMatchObject({
      code: 'unsupported-format',
      message: expect.stringContaining(name),
    });
  });
});

describe.each(inPlace)('in place of %s', (name, content, message) => {
  const refused = { code: 'unsupported-format', message: expect.stringMatching(message) };

  test('dropped, in a folder, in a repository', async () => {
    await expect(open([golden('config.json'), file(name, content)])).rejects.toMatchObject(refused);
    const files = { [name]: content, 'config.json': '{}' };
    const server = await startTestHub({ folders: { one: files }, repos: { 'any/one': { files } } });
    await expect(open(server.folderUrl('one'))).rejects.toMatchObject(refused);
    await expect(openCheckpoint('any/one', { ...options, hub: server.hub })).rejects.toMatchObject(refused);
  });
});
