import type { PatchSites } from '../../engine/index.ts';
import type { RunOrigin } from './document.ts';
import { changesAnything, partName, readPart } from './inside-changes.ts';
import type { HeadAt, InsideState, InsideTab } from './inside-types.ts';
import type { Changes, Steering } from './model-changes.ts';
import type { PageData } from './page-state.ts';

/** The part of Inside that a link carries: what is looked at, what is changed, and whether the text was written so. */
export interface LinkedInside
  extends Pick<
    InsideState,
    'head' | 'from' | 'off' | 'steering' | 'target' | 'foil' | 'clean' | 'sites' | 'cell'
  > {
  /** The open view; null where Inside is closed. */
  tab: InsideTab | null;
  /** Changes that the run of the link was written with. */
  changes: Changes | null;
}

const tabs: readonly string[] = [
  'attention',
  'lens',
  'off',
  'patch',
  'attribute',
  'steer',
] satisfies InsideTab[];
const sites: readonly string[] = ['resid_pre', 'attn_out', 'mlp_out', 'heads'] satisfies PatchSites[];
const longestText = 4000;
const mostParts = 2000;

/** What a link says of Inside; undefined where it is closed and changed nothing. */
export function linkedInside({ inside, tab }: PageData, run: RunOrigin | null): LinkedInside | undefined {
  const changes = run?.changes ?? null;
  if (tab !== 'inside' && !changes) return undefined;
  const { head, from, target, foil, clean } = inside;
  return {
    ...{ head, from, target, foil, clean, sites: inside.sites, changes },
    tab: tab === 'inside' ? inside.tab : null,
    // With a cell the grid is calculated when the link is opened.
    cell: inside.cell ?? (inside.answers.patch ? { row: 0, column: 0 } : null),
    // One link holds one set of changes: those of the text where it has any.
    off: changes?.off ?? inside.off,
    steering: changes?.steering ?? inside.steering,
  };
}

function writeSteering(hash: URLSearchParams, { plus, minus, layer, strength }: Steering): void {
  if (!plus || !minus) return;
  hash.set('plus', plus);
  hash.set('minus', minus);
  hash.set('push', `${layer}:${strength}`);
}

/** The inside as fields of the hash of an address, without `#`. */
export function writeInside(inside: LinkedInside): string {
  const hash = new URLSearchParams();
  const { tab, head, from, off, target, foil, clean, cell } = inside;
  if (tab) hash.set('inside', tab);
  if (head) hash.set('head', partName({ layer: head.layer, part: head.head }));
  if (from !== null) hash.set('from', String(from));
  if (off.length > 0) hash.set('off', off.map(partName).join(' '));
  writeSteering(hash, inside.steering);
  for (const [name, value] of Object.entries({ target, foil, clean })) if (value) hash.set(name, value);
  if (clean) hash.set('sites', inside.sites);
  if (clean && cell) hash.set('cell', `${cell.row}.${cell.column}`);
  if (inside.changes) hash.set('written', inside.changes.steering ? 'off steer' : 'off');
  return hash.toString();
}

function readHead(text: string): HeadAt | null {
  const part = readPart(text);
  return part && typeof part.part === 'number' ? { layer: part.layer, head: part.part } : null;
}

function readCell(text: string): InsideState['cell'] {
  const [, row, column] = /^(\d{1,3})\.(\d{1,5})$/.exec(text) ?? [];
  return row === undefined ? null : { row: Number(row), column: Number(column) };
}

function readSteering(fields: URLSearchParams, text: (name: string) => string): Steering {
  const [, layer = '0', strength = '0'] =
    /^(\d{1,3}):(-?\d{1,3}(?:\.\d{1,6})?)$/.exec(fields.get('push') ?? '') ?? [];
  return { plus: text('plus'), minus: text('minus'), layer: Number(layer), strength: Number(strength) };
}

/** Reads the hash of an address; null where it says nothing of Inside. What it does not understand it leaves alone. */
export function readInside(hash: string): LinkedInside | null {
  const fields = new URLSearchParams(hash.replace(/^#/, ''));
  if (!fields.has('inside') && !fields.has('written')) return null;
  const text = (name: string) => (fields.get(name) ?? '').slice(0, longestText);
  const tab = fields.get('inside') ?? '';
  const from = /^\d{1,5}$/.exec(text('from'))?.[0];
  const parts = text('off').split(' ').slice(0, mostParts);
  const off = parts.map(readPart).filter((part) => part !== null);
  const steering = readSteering(fields, text);
  const written = text('written').split(' ');
  const changes = { off, steering: written.includes('steer') ? steering : null };
  return {
    tab: tabs.includes(tab) ? (tab as InsideTab) : null,
    head: readHead(text('head')),
    from: from === undefined ? null : Number(from),
    ...{ off, steering, target: text('target'), foil: text('foil'), clean: text('clean') },
    cell: readCell(text('cell')),
    sites: sites.includes(text('sites')) ? (text('sites') as PatchSites) : 'resid_pre',
    changes: fields.has('written') && changesAnything(changes) ? changes : null,
  };
}

/** What fits the model: parts and layers that it does not have are left out. */
export function fittingInside(
  linked: LinkedInside,
  { nLayer, nHead }: { nLayer: number; nHead: number },
): LinkedInside {
  const fits = ({ layer, part }: { layer: number; part: number | string }) =>
    layer < nLayer && (typeof part === 'string' || part < nHead);
  const { head, steering, cell } = linked;
  const cells = linked.sites === 'heads' ? nHead : Number.POSITIVE_INFINITY;
  return {
    ...linked,
    head: head && fits({ layer: head.layer, part: head.head }) ? head : null,
    off: linked.off.filter(fits),
    cell: cell && cell.row < nLayer && cell.column < cells ? cell : null,
    steering: { ...steering, layer: Math.min(steering.layer, nLayer - 1) },
  };
}
