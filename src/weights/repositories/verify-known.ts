import { VitrineError } from '../../lib/index.ts';
import { knownRevision } from './known-checksums.ts';
import type { ListedFile, Listing } from './repository.ts';

/**
 * Adds the recorded digests of a well-known model's commit to what a server lists. A server that claims the commit but
 * other bytes is refused with `integrity`: a mirror cannot pass off weights of its own as well-known ones.
 */
export function verifyKnown(id: string, listing: Listing): Listing {
  const pinned = knownRevision(id);
  if (!pinned || pinned.commit !== listing.revision) return listing;
  const files = new Map<string, ListedFile>(listing.files);
  for (const { path, bytes, sha256 } of pinned.files) {
    const listed = files.get(path);
    if (!listed) continue;
    const other = (listed.bytes ?? bytes) !== bytes || (listed.sha256 ?? sha256) !== sha256;
    if (other)
      throw new VitrineError(
        'integrity',
        `${id}/${path} at ${pinned.commit} is not the file that is known by this name: ${bytes} bytes, SHA-256 ${sha256}. Load it from another server.`,
      );
    files.set(path, { ...listed, bytes, sha256 });
  }
  return { ...listing, files };
}
