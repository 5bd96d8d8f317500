import { createHmac } from 'node:crypto';
import { DomainError, isDomainError } from '../../../core/errors.js';
import type { RecipientColumn } from '../../../core/ports/provider.js';
import { escapeHeader, escapeUrl, type Escape } from '../../../message/escape.js';
import { ByteWriter } from '../../../message/byte-writer.js';
import {
  createRenderer,
  type Columns,
  type Renderer,
  type RowRenderer,
  type RowWriter,
} from '../../../message/renderer.js';
import { parseTemplate, type KnownFields, type Template } from '../../../message/template.js';
import type { HttpProviderConfig } from '../../../push/config/http-provider-config.js';
import type { VendorRequest } from './http-transport.js';
import { compileJsonTemplate, ITEMS, parseJsonTemplate, type JsonTemplatePart } from './json-template.js';
import {
  columnOfField,
  memberFields,
  piecesOfField,
  REFERENCE_FIELD,
  requestFields,
  type FieldValues,
} from './vendor-fields.js';

/** Secrets of a vendor, read from where the settings say. */
export interface HttpVendorSecrets {
  readonly named: Readonly<Record<string, string>>;
  readonly signing: string | undefined;
}

/**
 * The request of one vendor as its settings describe it: parsed and checked once, compiled once per message, rendered
 * per request.
 */
export class RequestTemplate {
  readonly origin: string;
  /** Columns of the members that the vendor's request itself names. */
  readonly recipientColumns: readonly RecipientColumn[];
  /** Whether each member's reference is said to the vendor. */
  readonly namesReference: boolean;
  private readonly config: HttpProviderConfig;
  private readonly secrets: HttpVendorSecrets;
  private readonly path: Template;
  private readonly headers: readonly (readonly [string, Template])[];
  private readonly envelope: readonly JsonTemplatePart[];
  private readonly item: readonly JsonTemplatePart[] | undefined;

  /** @throws DomainError `INVALID_CONFIG` when a template names a field that is not known there, or `{{items}}` is not there once. */
  constructor(config: HttpProviderConfig, secrets: HttpVendorSecrets) {
    this.config = config;
    this.secrets = secrets;
    const isBatch = config.batch !== undefined;
    const perMember = memberFields(Object.keys(config.secrets), { isItem: isBatch });
    const perRequest = isBatch ? requestFields(Object.keys(config.secrets)) : perMember;
    this.origin = /^https?:\/\/[^/?#]+/i.exec(config.url)?.[0] ?? '';
    const path = config.url.slice(this.origin.length);
    this.path = asConfig(() => parseLine(path.startsWith('/') ? path : `/${path}`, 'url', perRequest));
    this.headers = asConfig(() =>
      Object.entries(config.headers).map(
        ([name, text]) => [name, parseLine(text, `headers.${name}`, perRequest)] as const,
      ),
    );
    this.envelope = asConfig(() => parseJsonTemplate(config.body, 'body', perRequest));
    this.item = asConfig(() => config.batch && parseJsonTemplate(config.batch.item, 'batch.item', perMember));
    checkItemsMark(this.envelope, isBatch);
    const names = this.fieldNames();
    this.recipientColumns = [...new Set(names.flatMap((name) => columnOfField(name) ?? []))];
    this.namesReference = names.includes(REFERENCE_FIELD);
    checkKeyed(config, this.namesReference);
  }

  compile(values: Omit<FieldValues, 'secrets'>): CompiledRequest {
    const all: FieldValues = { ...values, secrets: this.secrets.named };
    const mark = this.envelope.indexOf(ITEMS);
    return new CompiledRequest({
      config: this.config,
      signingSecret: this.secrets.signing,
      path: compileLine(this.path, all, escapeUrl),
      headers: this.headers.map(([name, template]) => [name, compileLine(template, all, escapeHeaderValue)] as const),
      head: compileJsonTemplate(mark < 0 ? this.envelope : this.envelope.slice(0, mark), all),
      item: this.item && compileJsonTemplate(this.item, all),
      tail: compileJsonTemplate(mark < 0 ? [] : this.envelope.slice(mark + 1), all),
    });
  }

  private fieldNames(): string[] {
    const parts = [
      ...this.path.segments,
      ...this.headers.flatMap(([, template]) => template.segments),
      ...this.envelope,
      ...(this.item ?? []),
    ];
    return parts.flatMap((part) => (typeof part === 'object' ? [part.name] : []));
  }
}

interface CompiledParts {
  readonly config: HttpProviderConfig;
  readonly signingSecret: string | undefined;
  readonly path: Renderer;
  readonly headers: readonly (readonly [string, Renderer])[];
  readonly head: Renderer;
  readonly item: Renderer | undefined;
  readonly tail: Renderer;
}

/** The request of one vendor for one message. */
export class CompiledRequest {
  private readonly parts: CompiledParts;

  constructor(parts: CompiledParts) {
    this.parts = parts;
  }

  over(columns: Columns): BoundRequest {
    return new BoundRequest(this.parts, columns);
  }
}

/** Bodies are rendered one after another, each in one go, so one buffer per thread serves them all. */
const BODY = new ByteWriter(262_144);

/** The same over the members of one chunk: everything is bound once, so that a request costs its texts alone. */
export class BoundRequest {
  private readonly parts: CompiledParts;
  /** Numbers of a request, under the row that speaks for it. */
  private readonly timestampMs: Record<number, number> = {};
  private readonly timestampSeconds: Record<number, number> = {};
  private readonly count: Record<number, number> = {};
  private readonly path: RowRenderer;
  private readonly headers: readonly (readonly [string, RowRenderer])[];
  private readonly writeHead: RowWriter;
  private readonly writeItem: RowWriter | undefined;
  private readonly writeTail: RowWriter;

  constructor(parts: CompiledParts, columns: Columns) {
    const ofRequest: Columns = {
      ...columns,
      'request.timestampMs': this.timestampMs,
      'request.timestampSeconds': this.timestampSeconds,
      'request.count': this.count,
    };
    this.parts = parts;
    this.path = parts.path.over(ofRequest);
    this.headers = parts.headers.map(([name, renderer]) => [name.toLowerCase(), renderer.over(ofRequest)] as const);
    this.writeHead = parts.head.writeOver(ofRequest);
    this.writeItem = parts.item?.writeOver(columns);
    this.writeTail = parts.tail.writeOver(ofRequest);
  }

  /** The request about the members at `rows`; one row where the vendor takes no batches. */
  render(rows: readonly number[], nowMs: number): VendorRequest {
    const row = rows[0] ?? 0;
    this.timestampMs[row] = nowMs;
    this.timestampSeconds[row] = Math.floor(nowMs / 1_000);
    this.count[row] = rows.length;
    const body = this.renderBody(row, rows);
    const headers: Record<string, string> = { 'content-type': 'application/json' };
    for (const [name, render] of this.headers) headers[name] = render(row);
    this.sign(headers, body, nowMs);
    return { path: this.path(row), headers, body };
  }

  private renderBody(first: number, rows: readonly number[]): Buffer {
    BODY.clear();
    this.writeHead(first, BODY);
    if (this.writeItem !== undefined) {
      for (const [index, row] of rows.entries()) {
        if (index > 0) BODY.writeText(',');
        this.writeItem(row, BODY);
      }
    }
    this.writeTail(first, BODY);
    return BODY.toBuffer();
  }

  private sign(headers: Record<string, string>, body: Buffer, nowMs: number): void {
    const signature = this.parts.config.signature;
    if (signature === undefined || this.parts.signingSecret === undefined) return;
    const timestamp = String(signature.timestampUnit === 's' ? Math.floor(nowMs / 1_000) : nowMs);
    const hmac = createHmac(signature.algorithm, this.parts.signingSecret);
    signature.content.split('{{body}}').forEach((text, index) => {
      if (index > 0) hmac.update(body);
      hmac.update(text.replaceAll('{{timestamp}}', timestamp));
    });
    headers[signature.timestampHeader.toLowerCase()] = timestamp;
    headers[signature.header.toLowerCase()] = signature.prefix + hmac.digest(signature.encoding);
  }
}

function parseLine(text: string, part: string, knownFields: KnownFields): Template {
  return parseTemplate(text, { part, maxBytes: 8_192, isSingleLine: true, knownFields });
}

/** Headers carry printable ASCII: all else is percent-encoded. */
const escapeHeaderValue: Escape = (value) => escapeHeader(value).replace(/[^\x20-\x7e]+/g, escapeUrl);

const compileLine = (template: Template, values: FieldValues, escape: (value: string) => string): Renderer =>
  createRenderer(
    template.segments.flatMap((part) => (typeof part === 'string' ? [part] : piecesOfField(part, values, escape))),
  );

/** What is wrong with a template of the settings is wrong with the settings. */
function asConfig<Result>(parse: () => Result): Result {
  try {
    return parse();
  } catch (error) {
    if (!isDomainError(error, 'INVALID_TEMPLATE')) throw error;
    throw new DomainError('INVALID_CONFIG', error.message, error.values, { cause: error });
  }
}

function checkItemsMark(envelope: readonly JsonTemplatePart[], isBatch: boolean): void {
  const count = envelope.filter((part) => part === ITEMS).length;
  if (count === (isBatch ? 1 : 0)) return;
  throw new DomainError(
    'INVALID_CONFIG',
    isBatch
      ? `The body of a vendor with batches holds "{{items}}" exactly once, not ${count} times.`
      : 'The body holds "{{items}}", but no batch is set; add batch with maxMembers and item.',
    { count },
  );
}

function checkKeyed(config: HttpProviderConfig, namesReference: boolean): void {
  if (config.keyLifeMs !== undefined && !namesReference) {
    throw new DomainError(
      'INVALID_CONFIG',
      'keyLifeMs says that the vendor knows each member by a key, but no template names {{reference}}; put it where the vendor expects its key.',
      { keyLifeMs: config.keyLifeMs },
    );
  }
  if (config.answers.members?.matchBy === 'reference' && !namesReference) {
    throw new DomainError(
      'INVALID_CONFIG',
      'answers.members finds members by their reference, but no template names {{reference}}; put it into batch.item, or set matchBy to "order".',
    );
  }
}
