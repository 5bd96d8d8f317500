/** The operations of our own OpenAPI document, as a client that knows nothing else sees them. */
import { z } from 'zod';

export type Schema = Readonly<Record<string, unknown>>;

const schema = z.record(z.string(), z.unknown());
const content = z.record(z.string(), z.object({ schema }));
const documentSchema = z.object({
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.object({
        parameters: z
          .array(
            z.object({
              name: z.string(),
              in: z.enum(['path', 'query', 'header']),
              required: z.boolean().optional(),
              schema,
            }),
          )
          .default([]),
        requestBody: z.object({ required: z.boolean(), content }).optional(),
        responses: z.record(z.string(), z.object({ content: content.optional() })),
      }),
    ),
  ),
  components: z.object({ schemas: z.record(z.string(), schema) }),
});

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly isRequired: boolean;
  readonly schema: Schema;
}

export interface ApiOperation {
  /** `POST /v1/campaigns/{id}/launch` */
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Parameter[];
  /** By content type; undefined where it takes no body. */
  readonly body: { readonly isRequired: boolean; readonly schemas: Readonly<Record<string, Schema>> } | undefined;
  /** By documented status; undefined where the answer has no body. */
  readonly answers: ReadonlyMap<string, { readonly type: string; readonly schema: Schema } | undefined>;
}

export interface ApiDocument {
  readonly operations: readonly ApiOperation[];
  /** The schema, with a reference followed. */
  resolve(schema: Schema): Schema;
}

export function readApiDocument(document: unknown): ApiDocument {
  const { paths, components } = documentSchema.parse(document);
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters, requestBody, responses }]): ApiOperation => ({
      name: `${method.toUpperCase()} ${path}`,
      method: method.toUpperCase(),
      path,
      parameters: parameters.map(({ required, ...parameter }) => ({ ...parameter, isRequired: required === true })),
      body:
        requestBody === undefined
          ? undefined
          : {
              isRequired: requestBody.required,
              schemas: Object.fromEntries(
                Object.entries(requestBody.content).map(([type, media]) => [type, media.schema]),
              ),
            },
      answers: new Map(
        Object.entries(responses).map(([status, answer]) => {
          const [type, media] = Object.entries(answer.content ?? {})[0] ?? [];
          return [status, type === undefined || media === undefined ? undefined : { type, schema: media.schema }];
        }),
      ),
    })),
  );
  return {
    operations,
    resolve: (given) => {
      const reference = given['$ref'];
      if (typeof reference !== 'string') return given;
      return components.schemas[reference.slice(reference.lastIndexOf('/') + 1)] ?? {};
    },
  };
}
