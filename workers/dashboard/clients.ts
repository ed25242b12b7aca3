// /dashboard/v1/clients: the OAuth clients of the workspace (its machines), for admins. A secret is in the answer that
// makes it and nowhere else: what is stored is its hash. No key is derived where one is made (tellsSecret), so the same
// request again makes another; a repeat under a given key names the secret that the first one made, and cannot show it.
//
// Who may change which client is decided with the change (domain/workspace/decide-access.ts). What is checked here, against
// the role that the token says, is only an early answer.
// Which clients there are is remembered by isolates for two seconds, so making and deleting one answers after that: a token
// of the client works everywhere, or nowhere.

import type { Hono } from 'hono'
import { z } from 'zod'
import { isValidAt, keptSecret, newClientId } from '../../domain/access/client.ts'
import type { OAuthClient } from '../../domain/access/types.ts'
import { failure } from '../../domain/failures.ts'
import { type Role, roles } from '../../domain/identity.ts'
import { text } from '../../domain/resources/text.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import { isAbove } from '../../domain/sign-in/standing.ts'
import { askerOf } from '../../domain/workspace/asker.ts'
import { shownClient } from '../../domain/workspace/decide-access.ts'
import type { WorkspaceCommand } from '../../domain/workspace/types.ts'
import type { CommandReply } from '../../durable-objects/log/rpc.ts'
import type { Edge } from '../edge/edge.ts'
import type { Call, Reply } from '../edge/route.ts'
import { changeAccess, commandWorkspace } from './commit.ts'
import { iso, timesOf } from './shown.ts'

type ShownClient = ReturnType<typeof shownClient>

const name = text(100)
const role = z.enum(roles)
const scopes = z
  .array(z.enum(['app/read', 'app/write', 'dashboard/read', 'dashboard/write']))
  .min(1)
  .max(4)
  .refine((given) => new Set(given).size === given.length, 'Each scope once.')

/** The least that reads the dashboard, unless given; in the app API a machine's role says nothing. */
const create = z.strictObject({ name, role: role.default('viewer'), scopes })
const update = z
  .strictObject({ name: name.optional(), role: role.optional(), scopes: scopes.optional() })
  .refine((patch) => Object.keys(patch).length > 0, 'Nothing to change.')
const addSecret = z.strictObject({
  /** For how long the older secret stays valid. */
  overlapSeconds: z
    .number()
    .int()
    .min(0)
    .max(30 * 24 * 3600)
    .default(24 * 3600),
})

const one = { path: '/clients/:clientId', params: z.object({ clientId: z.string() }) } as const
const oneSecret = {
  path: '/clients/:clientId/secrets/:secretId',
  params: z.object({ clientId: z.string(), secretId: z.string() }),
} as const

export function clientRoutes(app: Hono, edge: Edge): void {
  const { services } = edge
  const read = { api: 'dashboard', action: 'read', kind: 'clients' } as const
  const write = { ...read, action: 'write' } as const

  const make = { ...write, method: 'POST', tellsSecret: true } as const
  edge.route(app, { ...make, path: '/clients', operationId: 'clients/create', body: create }, async (call) => {
    const refused = above(call, call.body.role)
    if (refused) return refused
    const { secret, kept } = newSecret(call)
    const clientId = newClientId(call.caller.workspaceId, services.newId())
    const client = { clientId, ...call.body, secrets: [kept], createdAtMs: call.nowMs, updatedAtMs: call.nowMs }
    const reply = await commandWorkspace(edge, call, { kind: 'client.create', client, by: askerOf(call.caller) })
    if (reply.ok) await services.settleRules()
    return withSecret(call, reply, kept.secretId, secret)
  })

  edge.route(app, { ...read, method: 'GET', path: '/clients', operationId: 'clients/list' }, async (call) => {
    const { workspaceId } = call.caller
    const clients = await services.workspace(workspaceId).accessEntries(workspaceId, 'client')
    if (!clients.ok) return clients
    return ok({ status: 200, body: { items: clients.value.map((client) => clientView(shownClient(client), call.nowMs)), nextToken: null } })
  })

  edge.route(app, { ...read, ...one, method: 'GET', operationId: 'clients/get' }, async (call) => {
    const client = await find(call, call.params.clientId)
    return client.ok ? ok({ status: 200, body: clientView(shownClient(client.value), call.nowMs) }) : client
  })

  edge.route(app, { ...write, ...one, method: 'PATCH', operationId: 'clients/update', body: update }, async (call) => {
    const patch = definedOf(call.body)
    const { clientId } = call.params
    return changing(call, clientId, { kind: 'client.update', clientId, patch, by: askerOf(call.caller) }, patch.role)
  })

  const secrets = { path: `${one.path}/secrets`, params: one.params } as const
  edge.route(app, { ...make, ...secrets, operationId: 'clients/secrets/create', body: addSecret }, async (call) => {
    const { clientId } = call.params
    const client = await changeable(call, clientId)
    if (!client.ok) return client
    const { secret, kept } = newSecret(call)
    const othersExpireAtMs = call.nowMs + call.body.overlapSeconds * 1000
    const by = askerOf(call.caller)
    const reply = await commandWorkspace(edge, call, { kind: 'client.secret.add', clientId, secret: kept, othersExpireAtMs, by })
    return withSecret(call, reply, kept.secretId, secret)
  })

  edge.route(app, { ...write, ...oneSecret, method: 'DELETE', operationId: 'clients/secrets/delete' }, (call) =>
    changing(call, call.params.clientId, { kind: 'client.secret.remove', ...call.params, by: askerOf(call.caller) }),
  )

  edge.route(app, { ...write, ...one, method: 'DELETE', operationId: 'clients/delete' }, async (call) => {
    const { clientId } = call.params
    const client = await changeable(call, clientId)
    // A repeat finds no client any more, and is answered as the first was.
    if (!client.ok && client.error.code !== 'resource/not_found') return client
    return changeAccess(edge, call, { kind: 'client.delete', clientId, by: askerOf(call.caller) })
  })

  const find = (call: Call, clientId: string): Promise<Result<OAuthClient>> =>
    services.workspace(call.caller.workspaceId).accessEntry(call.caller.workspaceId, 'client', clientId)

  async function changeable(call: Call, clientId: string): Promise<Result<OAuthClient>> {
    const client = await find(call, clientId)
    return (client.ok && above(call, client.value.role)) || client
  }

  async function changing(call: Call, clientId: string, command: WorkspaceCommand, newRole?: Role): Promise<Result<Reply>> {
    const client = await changeable(call, clientId)
    if (!client.ok) return client
    const refused = newRole && above(call, newRole)
    if (refused) return refused
    const reply = await commandWorkspace(edge, call, command)
    return reply.ok ? call.answer(reply, clientView(reply.answer.body as ShownClient, call.nowMs)) : call.answer(reply)
  }

  function newSecret({ nowMs }: Call) {
    const secret = edge.identities.newClientSecret()
    return { secret, kept: keptSecret(services.newId(), secret, nowMs) }
  }

  /** The secret only where it is this request's that is stored, and not that of an earlier one whose answer is repeated. */
  function withSecret(call: Call, reply: CommandReply, secretId: string, secret: string): Result<Reply> {
    if (!reply.ok) return call.answer(reply)
    const client = reply.answer.body as ShownClient
    const made = client.secrets.at(-1)?.secretId
    return call.answer(reply, { ...clientView(client, call.nowMs), secretId: made, ...(made === secretId && { clientSecret: secret }) })
  }
}

const above = ({ caller }: Call, asked: Role): { ok: false; error: ReturnType<typeof failure> } | undefined =>
  isAbove(asked, caller.role) ? fail(failure('auth/insufficient_permissions', 'The role of this client is above your own.')) : undefined

const definedOf = <T extends object>(patch: T): Partial<T> =>
  Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined)) as Partial<T>

function clientView({ secrets, createdAtMs, updatedAtMs, ...client }: ShownClient, nowMs: number) {
  return {
    ...client,
    secrets: secrets
      .filter((secret) => isValidAt(secret, nowMs))
      .map(({ secretId, createdAtMs, expiresAtMs }) => ({
        secretId,
        createdAt: iso(createdAtMs),
        ...(expiresAtMs !== undefined && { expiresAt: iso(expiresAtMs) }),
      })),
    ...timesOf({ createdAtMs, updatedAtMs }),
  }
}
