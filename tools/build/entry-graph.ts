import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Manifest, ManifestChunk } from 'vite';

/** What a build's entries fetch, read from Vite's manifest. */
export class EntryGraph {
  private readonly manifest: Manifest;

  constructor(dist: string) {
    this.manifest = JSON.parse(readFileSync(join(dist, '.vite/manifest.json'), 'utf8')) as Manifest;
  }

  private chunk(key: string): ManifestChunk {
    const found = this.manifest[key];
    if (!found) throw new Error(`${key} is no entry of the build. Entries: ${this.entries().join(', ')}.`);
    return found;
  }

  /** Sources that are entries, lazily loaded parts included. */
  private entries(): string[] {
    return Object.keys(this.manifest).filter(
      (key) => this.manifest[key]?.isEntry || this.manifest[key]?.isDynamicEntry,
    );
  }

  /** Files fetched for these sources: scripts with their static imports, and styles; each once. */
  files(...sources: string[]): string[] {
    const visited = new Set<string>();
    const files = new Set<string>();
    const visit = (key: string) => {
      if (visited.has(key)) return;
      visited.add(key);
      const { file, css = [], imports = [] } = this.chunk(key);
      for (const path of [file, ...css]) files.add(path);
      imports.forEach(visit);
    };
    sources.forEach(visit);
    return [...files];
  }
}
