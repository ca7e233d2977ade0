import type { LoadRequest, SourceKind } from './types.ts';

export const bundledModel = 'tiny-tales';

/** True for what needs no network: the model that comes with the page. */
export function isBundled(source: string | File[]): boolean {
  return source === bundledModel;
}

function kindOf(source: string | File[]): SourceKind {
  if (typeof source !== 'string') return 'files';
  if (isBundled(source)) return 'bundled';
  return /^https?:\/\//.test(source) ? 'folder' : 'hub';
}

/** The folder that local files are in, or the name of the weights among them. */
export function filesName(files: readonly File[]): string {
  const folder = files[0]?.webkitRelativePath?.split('/')[0];
  const weights = files.find((file) => /\.(safetensors|bin|pth?|index)$/.test(file.name));
  return folder || (weights ?? files[0])?.name || '';
}

/** A load of this source with everything else as usual. */
export function requestFor(source: string | File[]): LoadRequest {
  const name = typeof source === 'string' ? source : filesName(source);
  return { source, kind: kindOf(source), name, dtype: null, backend: 'gpu' };
}
