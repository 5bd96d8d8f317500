/**
 * The HTTP edge: what every request passes, in this order, before its route runs.
 *
 *   headers ► Host ► secret in the URL ► other site ► content type ► body deadline ► key and scope, or token ► schema
 */
import fastify, { type FastifyError, type FastifyReply, type FastifyRequest, type RouteOptions } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { once } from 'node:events';
import { Server as NetServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Registry } from 'prom-client';
import type { core } from 'zod';
import { LOCAL_PRINCIPAL, type Authenticator } from '../access/authenticator.js';
import { assert } from '../core/assert.js';
import { DomainError } from '../core/errors.js';
import type { Clock } from '../core/ports/clock.js';
import type { Random } from '../core/ports/random.js';
import { authorise } from './authentication.js';
import { armBodyDeadline, checkContentType, checkNothingUnasked, registerBodyParsers } from './body-parsers.js';
import { EventStreams } from './event-stream.js';
import type { HttpApp } from './http-app.js';
import type { HttpSettings } from './http-settings.js';
import {
  admitMember,
  admitOrigin,
  answerPreflight,
  isMemberPath,
  isPreflight,
  MEMBER_PRINCIPAL,
  type MemberGate,
} from './member-gate.js';
import { registerRequestMetrics } from './metrics.js';
import { registerNotFound } from './not-found.js';
import { registerAsyncApi, registerOpenApi, registerReferencePage } from './open-api.js';
import { PROBLEM_TYPE, toDomainError, toProblem } from './problem.js';
import { endWithProblem } from './raw-answer.js';
import { toFaultEvent, toRequestEvent, type HttpLog } from './request-log.js';
import {
  NO_STORE,
  SECURITY_HEADERS,
  checkHeaderCount,
  checkHost,
  checkNoSecretInQuery,
  checkOneHost,
  checkSameSite,
} from './security.js';

export interface HttpServerOptions {
  readonly settings: HttpSettings;
  readonly version: string;
  readonly log: HttpLog;
  readonly clock: Clock;
  readonly random: Random;
  readonly authenticator: Authenticator;
  readonly registry: Registry;
  /** Lets members' own apps in; absent = they are refused. */
  readonly memberGate?: MemberGate | undefined;
  /** Adds the routes of every feature. */
  readonly registerRoutes: (app: HttpApp, streams: EventStreams) => void;
}

export interface HttpServer {
  readonly app: HttpApp;
  /**
   * Starts to listen; port 0 takes a free one. Answers where.
   * @throws DomainError `PORT_IN_USE`.
   */
  listen(options: {
    readonly host: string;
    readonly port: number;
  }): Promise<{ readonly port: number; readonly url: string }>;
  /**
   * Takes no new connection, ends streams, and waits for answers under way up to `graceMs`, then ends what is left.
   * Callers of open connections are still answered, and told to close them; one that says nothing for `quietMs`
   * (0 = at once) is closed. So nobody who asks loses a request, but for those that take longer.
   */
  close(options: { readonly graceMs: number; readonly quietMs?: number }): Promise<void>;
}

/** Builds the server with all its routes; it does not listen yet. */
export async function createHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { settings } = options;
  const streams = new EventStreams(settings);
  const life = { isClosing: false };
  const app = createApp(options);
  const sockets = trackSockets(app);
  app.addHook('onRequest', async (request, reply) => {
    request.principal = LOCAL_PRINCIPAL;
    setHeaders(request, reply);
    checkHeaderCount(request, settings.maxHeaderCount);
    checkOneHost(request, reply);
    checkHost(request, settings.allowedHosts);
    checkNoSecretInQuery(request);
    const isAdmitted = isMemberPath(request) && admitOrigin(request, reply, options.memberGate);
    if (isAdmitted && isPreflight(request)) return answerPreflight(reply);
    if (!isAdmitted) checkSameSite(request);
    checkContentType(request);
    armBodyDeadline(request, reply, settings.bodyTimeoutMs);
    if (request.routeOptions.config.scope === 'member') {
      request.principal = MEMBER_PRINCIPAL;
      request.member = await admitMember(request, options.memberGate);
      return;
    }
    request.principal = await authorise(request, {
      authenticator: options.authenticator,
      areKeysRequired: settings.areKeysRequired,
    });
  });
  app.addHook('preValidation', (request, _, done) => {
    checkNothingUnasked(request);
    done();
  });
  app.addHook('onSend', (_, reply, payload, done) => {
    if (life.isClosing) void reply.header('connection', 'close'); // a kept connection would hold up the stop
    done(null, payload);
  });
  refuseRoutesWithoutScope(app);
  registerBodyParsers(app);
  registerNotFound(app);
  registerRequestMetrics(app, options.registry);
  await registerOpenApi(app, options.version);
  options.registerRoutes(app, streams);
  registerAsyncApi(app, options.version);
  await registerReferencePage(app);
  await app.ready();
  return {
    app,
    listen: (where) => listen(app, where),
    close: async ({ graceMs, quietMs = 0 }) => {
      life.isClosing = true;
      streams.close();
      await closeWithin(app, sockets, { clock: options.clock, graceMs, quietMs });
    },
  };
}

function createApp({ settings, log, random }: HttpServerOptions): HttpApp {
  const app = fastify({
    logger: false,
    requestIdHeader: false,
    genReqId: () => Buffer.from(random.bytes(8)).toString('hex'),
    bodyLimit: settings.maxBodyBytes,
    connectionTimeout: settings.idleTimeoutMs,
    keepAliveTimeout: settings.idleTimeoutMs,
    return503OnClosing: false,
    routerOptions: { maxParamLength: 300 },
    http: {
      maxHeaderSize: settings.maxHeaderBytes,
      headersTimeout: settings.headersTimeoutMs,
      requestTimeout: 0,
      requireHostHeader: false, // `checkOneHost` does, with an answer like all others
      connectionsCheckingInterval: 2_000,
    },
    clientErrorHandler: answerUnreadable,
    frameworkErrors: (error, request, reply) => {
      setHeaders(request, reply);
      void sendProblem(reply, toDomainError(error), request.id);
    },
  }).withTypeProvider<ZodTypeProvider>();
  app.server.maxHeadersCount = settings.maxHeaderCount + 1; // what is beyond is dropped unseen; one more is refused
  app.server.maxConnections = settings.maxConnections;
  app.setValidatorCompiler<core.$ZodType>((route) => {
    const validate = validatorCompiler(route);
    return (data: unknown) => validate(data ?? undefined); // the framework says null where a request has no body
  });
  app.setSerializerCompiler(serializerCompiler);
  app.decorateRequest('principal');
  app.decorateRequest('member');
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const refusal = toDomainError(error);
    if (refusal.status >= 500) log.error(toFaultEvent(request, refusal));
    return sendProblem(reply, refusal, request.id);
  });
  app.addHook('onResponse', (request, reply, done) => {
    log.info(toRequestEvent(request, reply));
    done();
  });
  return app;
}

function setHeaders(request: FastifyRequest, reply: FastifyReply): void {
  void reply.headers(SECURITY_HEADERS).header('x-request-id', request.id);
  const isCacheable = request.routeOptions.config.isCacheable === true;
  void reply.header('cache-control', isCacheable ? 'no-cache' : NO_STORE);
}

function sendProblem(reply: FastifyReply, error: DomainError, requestId: string): FastifyReply {
  if (error.status === 401) void reply.header('www-authenticate', 'Bearer');
  if (error.status === 503) void reply.header('retry-after', '2');
  const { retryAfterSeconds } = error.values;
  if (typeof retryAfterSeconds === 'number') void reply.header('retry-after', retryAfterSeconds);
  return reply
    .code(error.status)
    .header('cache-control', NO_STORE)
    .type(PROBLEM_TYPE)
    .serializer(JSON.stringify)
    .send(toProblem(error, requestId));
}

/** Bytes that are no HTTP request: there is no request to answer, only a connection to end. */
function answerUnreadable(error: Error & { readonly code?: string }, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  endWithProblem(socket, unreadable(error.code), 'none');
}

function unreadable(code: string | undefined): DomainError {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new DomainError('HEADERS_TOO_LARGE', 'The headers of the request are larger than the server takes.');
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new DomainError('REQUEST_TIMEOUT', 'The request did not arrive in time; send it again.');
  }
  return new DomainError('INVALID_INPUT', 'This is no HTTP request that the server can read.');
}

/** Deny by default: a route nobody thought about stops the start. Checked once all are there, so that plugins can be given a scope. */
function refuseRoutesWithoutScope(app: HttpApp): void {
  const routes: RouteOptions[] = [];
  app.addHook('onRoute', (route) => {
    routes.push(route);
  });
  app.addHook('onReady', async () => {
    for (const { url, method, config } of routes) {
      assert(config?.scope !== undefined, `route ${String(method)} ${url} declares a scope`);
    }
  });
}

async function listen(
  app: HttpApp,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<{ readonly port: number; readonly url: string }> {
  try {
    const url = await app.listen({ host, port });
    return { port: Number(new URL(url).port), url };
  } catch (error) {
    const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    if (!isTaken) throw error;
    throw new DomainError(
      'PORT_IN_USE',
      `Port ${port} on ${host} is in use; stop what uses it, or choose another with --port.`,
      {
        host,
        port,
      },
    );
  }
}

/**
 * Ends connections in order: at once those that wait between requests or never asked anything, after `graceMs` all.
 * Node's own closing leaves out connections that have not sent a byte.
 */
async function closeWithin(
  app: HttpApp,
  sockets: ReadonlySet<Socket>,
  options: { readonly clock: Clock; readonly graceMs: number; readonly quietMs: number },
): Promise<void> {
  const done = new AbortController();
  const late = options.clock.sleep(options.graceMs, done.signal).then(() => {
    if (!done.signal.aborted) for (const socket of sockets) socket.destroy();
  });
  if (options.quietMs > 0) await stopListening(app, sockets, options);
  const closed = app.close();
  for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
  await closed.finally(() => {
    done.abort();
  });
  await late;
}

/** Leaves what is connected as it is, for `quietMs` or until everybody has gone. */
async function stopListening(
  app: HttpApp,
  sockets: ReadonlySet<Socket>,
  { clock, quietMs }: { readonly clock: Clock; readonly quietMs: number },
): Promise<void> {
  // Right after new connections were taken: those that the system still held would be reset.
  await new Promise(setImmediate);
  NetServer.prototype.close.call(app.server); // the server's own would end idle connections as well
  const gone = new AbortController();
  void Promise.all([...sockets].map((socket) => once(socket, 'close'))).then(
    () => {
      gone.abort();
    },
    () => undefined, // a connection that broke: the time decides
  );
  await clock.sleep(quietMs, gone.signal);
}

function trackSockets(app: HttpApp): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  app.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return sockets;
}
