// OpenAPI 3.1 from the declared routes: the same schemas that validate requests describe them, so the two cannot part.
// Pure. Success bodies are not described (nothing validates them at run time); tests hold them to the contract.

import { z } from 'zod'
import type { Api, RouteFacts } from '../edge/route.ts'

type Json = Record<string, unknown>

export interface OpenApiDocument {
  openapi: '3.1.0'
  info: Json
  servers: Json[]
  security: Json[]
  paths: Record<string, Record<string, Json>>
  components: { schemas: Record<string, Json>; securitySchemes: Json; responses: Json }
}

/** `routes` may be of every API: those of `api` are described. */
export function openApiDocument(routes: RouteFacts[], api: Api, prefix: string): OpenApiDocument {
  const schemas: Record<string, Json> = { Problem: problem }
  const paths: OpenApiDocument['paths'] = {}
  for (const route of routes.filter((route) => route.api === api)) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route, schemas) }
  }
  const problemContent = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } }
  return {
    openapi: '3.1.0',
    info: { title: `Laurel ${api} API`, version: '1.0.0' },
    servers: [{ url: prefix }],
    security: [{ workspaceToken: [] }],
    paths,
    components: {
      schemas,
      securitySchemes: { workspaceToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      responses: { Problem: { description: 'A problem document (RFC 9457).', content: problemContent } },
    },
  }
}

const mediaTypes = { json: 'application/json', form: 'application/x-www-form-urlencoded', csv: 'text/csv' }

function operation(route: RouteFacts, schemas: Record<string, Json>): Json {
  const body = route.body && {
    required: !route.bodyMayBeAbsent,
    content: { [mediaTypes[route.accepts ?? 'json']]: { schema: jsonSchema(route.body, 'input', schemas) } },
  }
  return {
    operationId: route.operationId,
    parameters: [...pathParameters(route), ...queryParameters(route, schemas), ...headerParameters(route)],
    ...(body && { requestBody: body }),
    responses: { '2XX': { description: 'Success.' }, default: { $ref: '#/components/responses/Problem' } },
  }
}

const pathParameters = ({ path }: RouteFacts): Json[] =>
  [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({ name, in: 'path', required: true, schema: { type: 'string' } }))

/** What arrives is text; it is described as what it means, as the contract does. */
function queryParameters({ query }: RouteFacts, schemas: Record<string, Json>): Json[] {
  if (!query) return []
  const meant = jsonSchema(query, 'output', schemas)
  const required = (jsonSchema(query, 'input', {}).required ?? []) as string[]
  return Object.entries((meant.properties ?? {}) as Record<string, Json>).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema: schema.type === 'number' ? { ...schema, type: 'integer' } : schema,
  }))
}

function headerParameters(route: RouteFacts): Json[] {
  const header = (name: string, description: string): Json => {
    return { name, in: 'header', required: false, description, schema: { type: 'string', minLength: 1 } }
  }
  if (!('action' in route)) return []
  return [
    ...(route.action === 'write' && route.method !== 'GET'
      ? [header('x-idempotency-key', 'The same key with the same request has one effect and one answer.')]
      : []),
    ...(route.needsUser ? [header('x-user-id', 'For machine tokens: the user the call acts for.')] : []),
  ]
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output', schemas: Record<string, Json>): Json {
  const { $schema: _dialect, $defs: definitions, ...own } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json
  for (const [name, { id: _id, ...definition }] of Object.entries((definitions ?? {}) as Record<string, Json>))
    schemas[name] = hoisted(definition) as Json
  return hoisted(own) as Json
}

/** Definitions of one schema become components of the document. */
function hoisted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(hoisted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      const isReference = name === '$ref' && typeof member === 'string'
      return [name, isReference ? member.replace('#/$defs/', '#/components/schemas/') : hoisted(member)]
    }),
  )
}

const string: Json = { type: 'string' }
const inputError: Json = { type: 'object', properties: { pointer: string, parameter: string, detail: string }, required: ['detail'] }
const problem: Json = {
  type: 'object',
  properties: {
    type: string,
    title: string,
    status: { type: 'integer' },
    detail: string,
    instance: string,
    errors: { type: 'array', items: inputError },
    code: string,
    message: string,
    requestId: string,
    timestamp: { type: 'string', format: 'date-time' },
    path: string,
  },
  required: ['type', 'title', 'status', 'detail', 'instance', 'code', 'message', 'requestId', 'timestamp', 'path'],
}
