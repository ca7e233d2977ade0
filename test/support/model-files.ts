/** Files of a folder of the project as `File`s, in a browser by way of the dev server, in Node from the disk. */
export async function modelFiles(folder: string, names: readonly string[]): Promise<File[]> {
  return Promise.all(names.map(async (name) => new File([await readBytes(`${folder}/${name}`)], name)));
}

/** A JSON file of the project. */
export async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(new TextDecoder().decode(await readBytes(path))) as T;
}

async function readBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  if (typeof document === 'undefined') {
    const { readFile } = await import('node:fs/promises');
    return new Uint8Array(await readFile(path));
  }
  const response = await fetch(`/${path.replace(/^public\//, '')}`);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
