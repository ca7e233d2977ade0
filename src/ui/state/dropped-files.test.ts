import { describe, expect, it } from 'vitest';
import { type DroppedEntry, readDropped, sortDroppedFiles } from './dropped-files.ts';

function file(path: string, type = ''): File {
  const name = path.split('/').at(-1) ?? path;
  const made = new File(['x'], name, { type });
  if (path.includes('/')) Object.defineProperty(made, 'webkitRelativePath', { value: path });
  return made;
}

const sorted = (...paths: string[]) => {
  const found = sortDroppedFiles(paths.map((path) => file(path)));
  return found.kind === 'choice'
    ? found.models.map(({ name, files }) => [name, files.map((each) => each.webkitRelativePath || each.name)])
    : found.kind;
};

describe('dropped files', () => {
  it('are a model, in a folder or not', () => {
    const folder = ['m/config.json', 'm/model.safetensors', 'm/vocab.json'].map((path) => file(path));
    expect(sortDroppedFiles(folder)).toEqual({ kind: 'model', files: folder });
    expect(sortDroppedFiles([file('ckpt.pt')]).kind).toBe('model');
  });

  it('with two weights files are not one taken silently', () => {
    expect(sorted('a/config.json', 'a/base.safetensors', 'a/tuned.safetensors')).toEqual([
      ['base.safetensors', ['a/config.json', 'a/base.safetensors']],
      ['tuned.safetensors', ['a/config.json', 'a/tuned.safetensors']],
    ]);
    expect(sorted('gpt2_124M.bin', 'gpt2_1558M.bin', 'gpt2_tokenizer.bin')).toEqual([
      ['gpt2_124M.bin', ['gpt2_124M.bin', 'gpt2_tokenizer.bin']],
      ['gpt2_1558M.bin', ['gpt2_1558M.bin', 'gpt2_tokenizer.bin']],
    ]);
    expect(sorted('a/config.json', 'a/model.safetensors', 'a/adapter.safetensors')).toBe('model');
    expect(sorted('a/config.json', 'a/model.safetensors', 'a/onnx/other.safetensors')).toBe('model');
    expect(sorted('a/ckpt.pt', 'a/ckpt-1000.pt')).toBe('model');
  });

  it('in two folders are two models, a checkpoint inside of a model is none of its own', () => {
    expect(
      sorted('m/a/config.json', 'm/a/model.safetensors', 'm/b/config.json', 'm/b/x.safetensors'),
    ).toEqual([
      ['m/a', ['m/a/config.json', 'm/a/model.safetensors']],
      ['m/b', ['m/b/config.json', 'm/b/x.safetensors']],
    ]);
    expect(sorted('m/config.json', 'm/model.safetensors', 'm/checkpoint-5/config.json')).toBe('model');
  });

  it('can be a text, or a model that was exported', () => {
    expect(sortDroppedFiles([file('notes.txt')]).kind).toBe('text');
    expect(sortDroppedFiles([file('gpt2.vitrine')]).kind).toBe('export');
    expect(sortDroppedFiles([]).kind).toBe('problem');
  });
});

describe('a dropped folder', () => {
  it('is read with its subfolders, in as many parts as the browser gives', async () => {
    const entryOf = (path: string) => ({
      isFile: true,
      isDirectory: false,
      name: path.split('/').at(-1) ?? '',
      fullPath: `/${path}`,
      file: (done: (found: File) => void) => done(new File(['x'], path.split('/').at(-1) ?? '')),
    });
    const folderOf = (path: string, parts: DroppedEntry[][]) => ({
      isFile: false,
      isDirectory: true,
      name: path,
      fullPath: `/${path}`,
      createReader: () => ({
        readEntries: (done: (entries: DroppedEntry[]) => void) => done(parts.shift() ?? []),
      }),
    });
    const inner = folderOf('m/sub', [[entryOf('m/sub/vocab.json')]]);
    const files = await readDropped([
      folderOf('m', [[entryOf('m/config.json')], [entryOf('m/.git'), inner]]),
    ]);
    expect(files.map((each) => each.webkitRelativePath)).toEqual(['m/config.json', 'm/sub/vocab.json']);
  });
});
