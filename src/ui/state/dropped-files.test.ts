import { describe, expect, it } from 'vitest';
import { type DroppedEntry, readDropped, sortDroppedFiles } from './dropped-files.ts';

function file(path: string, type = ''): File {
  const name = path.split('/').at(-1) ?? path;
  const made = new File(['x'], name, { type });
  if (path.includes('/')) Object.defineProperty(made, 'webkitRelativePath', { value: path });
  return made;
}

const problem = (...paths: string[]) => {
  const found = sortDroppedFiles(paths.map((path) => file(path)));
  return found.kind === 'problem' ? found.message : found.kind;
};

describe('dropped files', () => {
  it('are a model, in a folder or not', () => {
    const folder = ['m/config.json', 'm/model.safetensors', 'm/vocab.json'].map((path) => file(path));
    expect(sortDroppedFiles(folder)).toEqual({ kind: 'model', files: folder });
    expect(sortDroppedFiles([file('ckpt.pt')]).kind).toBe('model');
  });

  it('with two weights files are not one taken silently', () => {
    expect(problem('a/config.json', 'a/base.safetensors', 'a/tuned.safetensors')).toContain(
      'base.safetensors, tuned.safetensors',
    );
    expect(problem('a/config.json', 'a/model.safetensors', 'a/adapter.safetensors')).toBe('model');
    expect(problem('a/config.json', 'a/model.safetensors', 'a/onnx/other.safetensors')).toBe('model');
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
