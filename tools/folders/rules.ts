import type { IForbiddenRuleType } from 'dependency-cruiser';

/**
 * The folders of src/ by distance from the device, lowest first. A file imports from its own folder and from lower levels;
 * folders of one level do not know each other.
 */
export const levels: readonly (readonly string[])[] = [
  ['lib'],
  ['gpu', 'tokenizer', 'sampling', 'weights'],
  ['shaders', 'constraint'],
  ['model'],
  ['runtime'],
  ['generation', 'inside'],
  ['engine'],
  ['device-test', 'remote', 'worker'],
  ['ai-sdk', 'embed', 'node', 'openai', 'ui'],
  ['cli', 'react'],
];

const folders = levels.flat();
const oneOf = (names: readonly string[]) => `^src/(${names.join('|')})/`;
const test = '\\.(test|spec)\\.tsx?$';

/** A folder may not import those above it, nor its neighbours. */
function directions(): IForbiddenRuleType[] {
  return levels.flatMap((level, at) =>
    level.map((folder) => ({
      name: `${folder}-downward`,
      comment: `Imports point downward only: src/${folder} must not know what is built on it or stands beside it.`,
      severity: 'error' as const,
      from: { path: `^src/${folder}/` },
      to: {
        path: oneOf(
          levels
            .slice(at)
            .flat()
            .filter((name) => name !== folder),
        ),
      },
    })),
  );
}

export const rules: IForbiddenRuleType[] = [
  ...directions(),
  {
    name: 'known-folder',
    comment: `Every folder of src/ has a level, so that directions can be checked: add it to tools/folders/rules.ts.`,
    severity: 'error',
    from: { path: '^src/' },
    to: { path: '^src/[^/]+/', pathNot: oneOf(folders) },
  },
  {
    name: 'not-the-entry',
    comment:
      'src/index.ts is the library as others see it; code of the library imports the folder that has the name.',
    severity: 'error',
    from: { path: '^src/[^/]+/' },
    to: { path: '^src/index\\.ts$' },
  },
  {
    name: 'through-index',
    comment:
      'Another folder is reached through an index.ts of it, so that its other files can change. Tests and the device ' +
      'test may compare with references.',
    severity: 'error',
    from: { path: '^src/([^/]+)/' },
    // The element is an entry of its own, beside the page of a frame.
    to: { path: '^src/[^/]+/', pathNot: ['^src/$1/', '/index\\.ts$', '^src/embed/element\\.ts$'] },
  },
  {
    name: 'no-references-in-shipped-code',
    comment: 'Plain references of kernels are for tests; shipped code would carry them for nothing.',
    severity: 'error',
    from: { path: '^src/', pathNot: [test, '^src/device-test/', '/reference/'] },
    to: { path: '^src/shaders/.*reference/' },
  },
  {
    name: 'shipped-code-only',
    comment: 'Shipped code cannot import what is not shipped: tests, benches, tools and examples.',
    severity: 'error',
    from: { path: '^src/', pathNot: test },
    to: { path: '^(test|e2e|bench|tools|examples)/' },
  },
  {
    name: 'no-circle',
    comment:
      'Files of a circle cannot be read, tested or moved one at a time. Types count too: move what is shared below both.',
    severity: 'error',
    from: {},
    to: { circular: true },
  },
];
