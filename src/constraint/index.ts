/** Options that speak of texts, in the terms of a model's tokens. Loaded when a generation asks for one of them. */
export { breakerIds } from './breakers.ts';
export { checkConstraint } from './check.ts';
export { compileConstraint, type TokenTable } from './compile.ts';
export { jsonSchemaSyntax } from './json-schema.ts';
export { lettersAutomaton } from './letters.ts';
export type { Constraint } from './types.ts';
