/** An origin private file system in memory, with what the store of models uses, and its locks. */
export class FakeFileSystem {
  readonly root = new FakeFolder();
  /** Bytes that can still be written; then a write is short, as where the quota is reached. */
  left = Number.POSITIVE_INFINITY;

  /** In place of the browser's; returns what puts back how it was. */
  install(): () => void {
    const names = ['navigator', 'FileSystemFileHandle'] as const;
    const before = names.map((name) => Object.getOwnPropertyDescriptor(globalThis, name));
    const storage = { getDirectory: async () => this.root };
    this.root.system = this;
    Object.defineProperty(globalThis, 'navigator', { configurable: true, value: { storage } });
    Object.defineProperty(globalThis, 'FileSystemFileHandle', { configurable: true, value: FakeFile });
    return () => {
      names.forEach((name, index) => {
        const own = before[index];
        if (own) Object.defineProperty(globalThis, name, own);
        else Reflect.deleteProperty(globalThis, name);
      });
    };
  }

  /** All files, by their paths. */
  files(folder = this.root, prefix = ''): Map<string, FakeFile> {
    const found = new Map<string, FakeFile>();
    for (const [name, entry] of folder.entries) {
      if (entry instanceof FakeFile) found.set(prefix + name, entry);
      else for (const [path, file] of this.files(entry, `${prefix}${name}/`)) found.set(path, file);
    }
    return found;
  }
}

class FakeFolder {
  readonly entries = new Map<string, FakeFolder | FakeFile>();
  system: FakeFileSystem | undefined;

  async getDirectoryHandle(name: string, { create = false } = {}): Promise<FakeFolder> {
    const folder = this.#entry(name, create, () => new FakeFolder());
    (folder as FakeFolder).system = this.system;
    return folder as FakeFolder;
  }

  async getFileHandle(name: string, { create = false } = {}): Promise<FakeFile> {
    const { system } = this;
    return this.#entry(name, create, () => new FakeFile(system)) as FakeFile;
  }

  async removeEntry(name: string): Promise<void> {
    const entry = this.#entry(name, false, () => undefined);
    const inside = entry instanceof FakeFile ? [entry] : [...entry.entries.values()];
    if (inside.some((one) => one instanceof FakeFile && one.isOpen))
      throw new DOMException('locked', 'NoModificationAllowedError');
    this.entries.delete(name);
  }

  async *keys(): AsyncGenerator<string> {
    yield* this.entries.keys();
  }

  #entry(
    name: string,
    create: boolean,
    make: () => FakeFolder | FakeFile | undefined,
  ): FakeFolder | FakeFile {
    const entry = this.entries.get(name) ?? (create ? make() : undefined);
    if (!entry) throw new DOMException(`no ${name}`, 'NotFoundError');
    this.entries.set(name, entry);
    return entry;
  }
}

export class FakeFile {
  bytes = new Uint8Array(0);
  /** Whether someone writes into it. */
  locked = false;
  /** How many have it open for reading alone. */
  readers = 0;
  readonly #system: FakeFileSystem | undefined;

  constructor(system?: FakeFileSystem) {
    this.#system = system;
  }

  async getFile(): Promise<Blob> {
    return new Blob([this.bytes]);
  }

  get isOpen(): boolean {
    return this.locked || this.readers > 0;
  }

  async createSyncAccessHandle({ mode }: { mode?: 'read-only' } = {}) {
    const reads = mode === 'read-only';
    if (reads ? this.locked : this.isOpen) throw new DOMException('locked', 'NoModificationAllowedError');
    if (reads) this.readers += 1;
    else this.locked = true;
    return {
      read: (bytes: Uint8Array, { at }: { at: number }) => {
        const part = this.bytes.subarray(at, at + bytes.length);
        bytes.set(part);
        return part.length;
      },
      write: (bytes: Uint8Array, { at }: { at: number }) => {
        const { left } = this.#system ?? { left: Number.POSITIVE_INFINITY };
        const part = bytes.subarray(0, Math.min(bytes.length, left));
        if (this.#system) this.#system.left -= part.length;
        const grown = new Uint8Array(Math.max(this.bytes.length, at + part.length));
        grown.set(this.bytes);
        grown.set(part, at);
        this.bytes = grown;
        return part.length;
      },
      close: () => {
        if (reads) this.readers -= 1;
        else this.locked = false;
      },
    };
  }
}
