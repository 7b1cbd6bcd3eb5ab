/**
 * The namespaces as they are now. Those made over the API are known to the process that runs the engine, and
 * are asked for each time: nothing here can be out of date.
 */
import type { MiddlewareHandler } from 'hono';
import type { Namespace, NamespaceReply, NamespaceRequest } from '../namespaces.ts';
import { type Api, type Bindings, isBound } from './bindings.ts';
import { ApiFailure, badRequest, namespaceNotFound, titleExists } from './failure.ts';

/** Makes a change, for `operation` to name in the error. @throws ApiFailure where it is refused. */
export async function ask(
  { REGISTRY }: Bindings,
  request: NamespaceRequest,
  operation: string,
): Promise<Namespace[]> {
  const body = JSON.stringify(request);
  const response = await REGISTRY.fetch('http://registry.internal', { method: 'POST', body });
  const reply = (await response.json()) as NamespaceReply;
  if ('namespaces' in reply) return reply.namespaces;
  switch (reply.refused) {
    case 'title_exists':
      throw titleExists(operation, reply.why);
    case 'not_found':
      throw namespaceNotFound(operation);
    case 'no_room':
      throw badRequest(`${operation}: '${reply.why}'`);
    case 'failed':
      throw new ApiFailure(500, 10001, `${operation}: '${reply.why}'`);
  }
}

/** Lets the routes below a namespace find those that were made over the API. */
export const withCreated: MiddlewareHandler<Api> = async (c, next) => {
  if (!isBound(c.env, c.req.param('namespace') ?? '')) {
    c.env = { ...c.env, ALL_NAMESPACES: await ask(c.env, { do: 'read' }, 'read namespaces') };
  }
  await next();
};
