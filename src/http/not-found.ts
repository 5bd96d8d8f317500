import type { FastifyRequest } from 'fastify';
import { DomainError } from '../core/errors.js';
import type { HttpApp } from './http-app.js';

interface Route {
  readonly methods: Set<string>;
  readonly shape: RegExp;
}

/** Tells a wrong method from a wrong path: collects the routes as they are added. */
export function registerNotFound(app: HttpApp): void {
  const routes = new Map<string, Route>();
  app.addHook('onRoute', ({ url, method }) => {
    const route = routes.get(url) ?? { methods: new Set<string>(), shape: shapeOf(url) };
    for (const each of [method].flat()) route.methods.add(each.toUpperCase());
    routes.set(url, route);
  });
  app.setNotFoundHandler((request, reply) => {
    const allowed = allowedMethods([...routes.values()], request);
    if (allowed.length === 0) {
      throw new DomainError('ROUTE_NOT_FOUND', 'There is no such path; GET / lists all of them.');
    }
    void reply.header('allow', allowed.join(', '));
    throw new DomainError('METHOD_NOT_ALLOWED', `This path takes ${allowed.join(', ')}.`, { allowed });
  });
}

function allowedMethods(routes: readonly Route[], request: FastifyRequest): string[] {
  const path = request.url.split('?')[0] ?? '';
  const matching = routes.filter(({ shape }) => shape.test(path));
  return [...new Set(matching.flatMap(({ methods }) => [...methods]))].sort();
}

/** `/v1/promotions/:id` as an expression over whole paths. */
function shapeOf(url: string): RegExp {
  const parts = url.split('/').map((part) => {
    if (part.startsWith(':')) return '[^/]+';
    return part === '*' ? '.*' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${parts.join('/')}$`);
}
