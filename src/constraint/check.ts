import { VitrineError } from '../lib/index.ts';

/**
 * Of a constraint's form alone; what it says is checked where it is compiled.
 * @throws VitrineError `invalid-argument`
 */
export function checkConstraint(constraint: unknown): void {
  const given = typeof constraint === 'object' && constraint !== null ? constraint : {};
  const [[name, value] = [], ...others] = Object.entries(given);
  if (others.length === 0 && isForm(name, value)) return;
  throw new VitrineError(
    'invalid-argument',
    'constraint must be { regex: a string }, { jsonSchema: a schema } or { choices: a list of texts that are not empty }.',
  );
}

function isForm(name: string | undefined, value: unknown): boolean {
  if (name === 'regex') return typeof value === 'string';
  if (name === 'jsonSchema') return true;
  const isText = (each: unknown) => typeof each === 'string' && each !== '';
  return name === 'choices' && Array.isArray(value) && value.length > 0 && value.every(isText);
}
