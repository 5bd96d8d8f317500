/** What the generated OpenAPI document lacks, put right once all routes are known. Pure: a document in, a document out. */
import { STATUS_CODES } from 'node:http';

/** Marks, until the document is finished, an operation that can be asked without a body. */
export const OPTIONAL_BODY = 'x-optional-body';

type Json = Readonly<Record<string, unknown>>;

/** The document with optional bodies optional, answers in words, and no schema that nothing refers to. */
export function finishDocument(document: Json): Json {
  const paths = mapValues(document['paths'], (methods) => mapValues(methods, finishOperation));
  return withUsedSchemas({ ...document, paths });
}

function finishOperation(operation: unknown): unknown {
  if (!isRecord(operation)) return operation;
  const { [OPTIONAL_BODY]: isOptional, requestBody, ...rest } = operation;
  return {
    ...rest,
    ...(isRecord(requestBody) && { requestBody: { ...requestBody, required: isOptional !== true } }),
    responses: mapEntries(operation['responses'], (status, response) =>
      isRecord(response) && response['description'] === 'Default Response'
        ? { ...response, description: STATUS_CODES[status] ?? status }
        : response,
    ),
  };
}

/** Each schema comes in two forms, as sent and as answered: only those that are used are kept. */
function withUsedSchemas(document: Json): Json {
  const { components } = document;
  const schemas = isRecord(components) ? components['schemas'] : undefined;
  if (!isRecord(components) || !isRecord(schemas)) return document;
  const used = new Set<string>();
  const follow = (node: unknown): void => {
    for (const name of referencesIn(node)) {
      if (used.has(name)) continue;
      used.add(name);
      follow(schemas[name]);
    }
  };
  follow(document['paths']);
  const kept = Object.fromEntries(Object.entries(schemas).filter(([name]) => used.has(name)));
  return { ...document, components: { ...components, schemas: kept } };
}

function referencesIn(node: unknown): string[] {
  return [...JSON.stringify(node ?? null).matchAll(/"#\/components\/schemas\/([^"/]+)"/g)].map(
    ([, name]) => name ?? '',
  );
}

const isRecord = (node: unknown): node is Record<string, unknown> =>
  typeof node === 'object' && node !== null && !Array.isArray(node);

const mapValues = (node: unknown, change: (value: unknown) => unknown): unknown =>
  mapEntries(node, (_, value) => change(value));

const mapEntries = (node: unknown, change: (name: string, value: unknown) => unknown): unknown =>
  isRecord(node) ? Object.fromEntries(Object.entries(node).map(([name, value]) => [name, change(name, value)])) : node;
