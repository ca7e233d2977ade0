import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Attribute, ClassField, ClassMethod, Event, Package } from 'custom-elements-manifest/schema.js';
import ts from 'typescript';
import { attributeNames, propertyName } from '../../src/embed/options.ts';
import { type OptionName, optionTable } from '../../src/generation/index.ts';

/**
 * The manifest of `<vitrine-demo>`, by which editors, catalogues and Storybook know its attributes, properties, events and
 * parts. Names of attributes are the element's own list; words are the comments of the source and of the table of options.
 */
const root = join(import.meta.dirname, '../..');

function parse(path: string): ts.SourceFile {
  const text = readFileSync(join(root, path), 'utf8');
  return ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
}

const find = <Found extends ts.Statement>(
  source: ts.SourceFile,
  is: (node: ts.Node) => node is Found,
  name: string,
): Found => {
  const found = source.statements.filter((node) => is(node)).find((node) => nameOf(node) === name);
  if (!found) throw new Error(`${source.fileName} has no ${name}.`);
  return found;
};

const nameOf = (node: ts.Node) => (node as ts.NamedDeclaration).name?.getText() ?? '';

/** The comment of a declaration, on one line. */
function comment(node: ts.Node): string {
  const { comment } = ts.getJSDocCommentsAndTags(node).find(ts.isJSDoc) ?? {};
  return (ts.getTextOfJSDocComment(comment) ?? '').replace(/\s+/g, ' ').trim();
}

const isPublic = (node: ts.ClassElement) =>
  !ts.canHaveModifiers(node) ||
  !ts
    .getModifiers(node)
    ?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword || kind === ts.SyntaxKind.StaticKeyword);

const demo = parse('src/embed/demo.ts');
const settings = parse('src/embed/settings.ts');
const properties = find(settings, ts.isInterfaceDeclaration, 'VitrineDemoSettings').members.filter(
  ts.isPropertySignature,
);
const element = find(demo, ts.isClassDeclaration, 'VitrineDemo');
const events = find(parse('src/embed/events.ts'), ts.isInterfaceDeclaration, 'VitrineDemoEvents').members;

const optionOf = (attribute: string) =>
  Object.entries(optionTable).find(([, spec]) => 'attribute' in spec && spec.attribute === attribute)?.[0] as
    | OptionName
    | undefined;

function descriptionOf(attribute: string): string {
  const option = optionOf(attribute);
  if (option) return optionTable[option].summary;
  const property = properties.find((member) => nameOf(member) === propertyName(attribute));
  const accessor = element.members.find((member) => nameOf(member) === attribute);
  const found = property ?? accessor;
  if (!found) throw new Error(`src/embed/settings.ts does not declare the attribute ${attribute}.`);
  return comment(found);
}

function attributes(): Attribute[] {
  return attributeNames.map((name) => ({
    name,
    description: descriptionOf(name),
    type: { text: 'string' },
    // `stop` is what the element does: the strings to stop at are an attribute alone.
    ...(name !== 'stop' && { fieldName: propertyName(name) }),
  }));
}

function fields(): ClassField[] {
  const reflected = attributeNames.filter((name) => name !== 'stop');
  const typeOf = (property: string) =>
    properties.find((member) => nameOf(member) === property)?.type?.getText() ?? 'string | null';
  const text = element.members.filter(ts.isGetAccessor).find((member) => nameOf(member) === 'text');
  return [
    ...reflected.map((attribute) => ({
      kind: 'field' as const,
      name: propertyName(attribute),
      description: descriptionOf(attribute),
      type: { text: typeOf(propertyName(attribute)) },
      attribute,
      reflects: true,
    })),
    {
      kind: 'field',
      name: 'text',
      description: text && comment(text),
      type: { text: 'string' },
      readonly: true,
    },
  ];
}

function methods(): ClassMethod[] {
  return element.members
    .filter(ts.isMethodDeclaration)
    .filter((member) => isPublic(member) && !/Callback$/.test(nameOf(member)))
    .map((member) => ({
      kind: 'method',
      name: nameOf(member),
      description: comment(member),
      return: { type: { text: member.type?.getText() ?? 'void' } },
    }));
}

function declaredEvents(): Event[] {
  return events.filter(ts.isPropertySignature).map((member) => ({
    name: nameOf(member),
    description: comment(member),
    type: { text: `CustomEvent<${member.type?.getText()}>` },
  }));
}

function parts() {
  const tags = ts.getJSDocTags(element).filter((tag) => tag.tagName.text === 'csspart');
  return tags.map((tag) => {
    const [name = '', ...words] = (ts.getTextOfJSDocComment(tag.comment) ?? '').split(' - ');
    return { name: name.trim(), description: words.join(' - ').replace(/\s+/g, ' ').trim() };
  });
}

export function customElements(): Package {
  const path = 'dist/embed.js';
  const declaration = { name: 'VitrineDemo', module: path };
  return {
    schemaVersion: '2.1.0',
    modules: [
      {
        kind: 'javascript-module',
        path,
        exports: [
          { kind: 'js', name: 'VitrineDemo', declaration },
          { kind: 'custom-element-definition', name: 'vitrine-demo', declaration },
        ],
        declarations: [
          {
            kind: 'class',
            customElement: true,
            tagName: 'vitrine-demo',
            name: 'VitrineDemo',
            description: comment(element),
            superclass: { name: 'HTMLElement' },
            attributes: attributes(),
            members: [...fields(), ...methods()],
            events: declaredEvents(),
            cssParts: parts(),
          },
        ],
      },
    ],
  };
}

if (process.argv[1] === import.meta.filename)
  writeFileSync(join(root, 'dist/custom-elements.json'), `${JSON.stringify(customElements(), null, 2)}\n`);
