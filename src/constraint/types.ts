/** What a text must match, from its first written token to its last. One of the three. */
export type Constraint =
  /** A regular expression that the whole text matches; a subset of JavaScript's, see the docs. */
  | { regex: string }
  /** A JSON schema: the text is JSON that it accepts; a subset, see the docs. */
  | { jsonSchema: object | boolean }
  /** One of these texts. */
  | { choices: readonly string[] };
