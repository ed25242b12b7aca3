// Who may come to the workspace: its OAuth clients, its throttles, its own policies. Pure. Answers carry no secret and no
// hash of one: a stored answer is replayed to whoever has its key.
//
// Nobody gives, takes over or changes a client that may do more than they do now (`standing`): with a new secret for it they
// would be it. Decided here, where its role cannot change in between.

import { isValidAt } from '../access/client.ts'
import type { AccessEntry, AccessKind, AccessPolicy, ClientSecret, OAuthClient, Throttle } from '../access/types.ts'
import { failure, invalidInput } from '../failures.ts'
import type { Role } from '../identity.ts'
import { fail, ok, type Result } from '../result.ts'
import { roleOf } from '../sign-in/admission.ts'
import { isAbove } from '../sign-in/standing.ts'
import type { Command, DecisionContext, WorkspaceDecision } from './decision.ts'
import type { WorkspaceView } from './types.ts'

/** Enough for any workspace, and little enough for the edge to read all of it every two seconds. */
export const accessLimits: Record<AccessKind, number> = { client: 100, throttle: 500, policy: 20 }

export function createClient(view: WorkspaceView, { client }: Command<'client.create'>, standing: Role): WorkspaceDecision {
  if (isAbove(client.role, standing)) return clientIsAbove()
  if (view.access('client', client.clientId) !== null)
    return fail(failure('resource/already_exists', 'There is a client with this id already.'))
  return full(view, 'client') ?? clientChanged(client, 201)
}

/**
 * A role that rises ends every secret: who came to know one knew it for less, and is not to have more by it. A client gives
 * itself no scope that it does not have.
 */
export function updateClient(
  view: WorkspaceView,
  { clientId, patch, by }: Command<'client.update'>,
  standing: Role,
  { nowMs }: DecisionContext,
): WorkspaceDecision {
  const found = changeable(view, clientId, standing)
  if (!found.ok) return found
  const client = found.value
  if (patch.role !== undefined && isAbove(patch.role, standing)) return clientIsAbove()
  if (by?.clientId === clientId && patch.scopes?.some((scope) => !client.scopes.includes(scope)))
    return fail(failure('auth/insufficient_permissions', 'A client gives itself no scope that it does not have.'))
  const isRaised = patch.role !== undefined && isAbove(patch.role, client.role)
  return clientChanged({ ...client, ...patch, ...(isRaised && { secrets: [] }), updatedAtMs: nowMs }, 200)
}

/** RFC 6749 says nothing of rotation; two valid secrets let a client change over without a gap. */
export function addClientSecret(
  view: WorkspaceView,
  { clientId, secret, othersExpireAtMs }: Command<'client.secret.add'>,
  standing: Role,
  { nowMs }: DecisionContext,
): WorkspaceDecision {
  const found = changeable(view, clientId, standing)
  if (!found.ok) return found
  const client = found.value
  const valid = unexpired(client.secrets, nowMs)
  if (valid.length > 1) return fail(failure('business/precondition_failed', 'Two secrets are valid already. Remove one first.'))
  const others = valid.map((one) => ({ ...one, expiresAtMs: Math.min(one.expiresAtMs ?? othersExpireAtMs, othersExpireAtMs) }))
  return clientChanged({ ...client, secrets: [...others, secret], updatedAtMs: nowMs }, 201)
}

export function removeClientSecret(
  view: WorkspaceView,
  { clientId, secretId }: Command<'client.secret.remove'>,
  standing: Role,
  { nowMs }: DecisionContext,
): WorkspaceDecision {
  const found = changeable(view, clientId, standing)
  if (!found.ok) return found
  const client = found.value
  const secrets = unexpired(client.secrets, nowMs)
  const kept = secrets.filter((one) => one.secretId !== secretId)
  if (kept.length === secrets.length) return missing('secret')
  return clientChanged({ ...client, secrets: kept, updatedAtMs: nowMs }, 200)
}

export function deleteClient(view: WorkspaceView, { clientId }: Command<'client.delete'>, standing: Role): WorkspaceDecision {
  const found = changeable(view, clientId, standing)
  if (!found.ok) return found
  return changed({ kind: 'client', id: clientId, value: null }, 200, { clientId, deleted: true })
}

/** One that has expired is as good as none, and a new one takes its place. */
export function createThrottle(
  view: WorkspaceView,
  { throttle }: Command<'throttle.create'>,
  standing: Role,
  { nowMs }: DecisionContext,
): WorkspaceDecision {
  const { principal } = throttle
  if (isPrincipalAbove(view, principal, standing)) return principalIsAbove()
  const all = view.accessAll('throttle')
  const live = all.filter(({ expiresAtMs }) => expiresAtMs > nowMs)
  if (live.some((one) => one.principal === principal)) return alreadyThere('/principal', 'This principal is throttled already.')
  if (live.length >= accessLimits.throttle) return tooMany('throttle')
  if (throttle.expiresAtMs <= nowMs) return endsInThePast()
  const expired = all.filter((one) => one.expiresAtMs <= nowMs && one.principal !== principal).slice(0, 50)
  const gone = expired.map((one): AccessEntry => ({ kind: 'throttle', id: one.principal, value: null }))
  const value: Throttle = { ...throttle, createdAtMs: nowMs }
  return ok({ effects: { access: [...gone, { kind: 'throttle', id: principal, value }] }, answer: { status: 201, body: value } })
}

export function replaceThrottle(
  view: WorkspaceView,
  { throttle }: Command<'throttle.replace'>,
  standing: Role,
  { nowMs }: DecisionContext,
): WorkspaceDecision {
  if (isPrincipalAbove(view, throttle.principal, standing)) return principalIsAbove()
  const known = view.access('throttle', throttle.principal)
  if (known === null || known.expiresAtMs <= nowMs) return missing('throttle')
  if (throttle.expiresAtMs <= nowMs) return endsInThePast()
  const value: Throttle = { ...throttle, createdAtMs: known.createdAtMs }
  return changed({ kind: 'throttle', id: throttle.principal, value }, 200, value)
}

/** One that a rule set is not of the workspace's state: the commit says that it was lifted, and changes nothing. */
export function deleteThrottle(view: WorkspaceView, { principal, wasByRule }: Command<'throttle.delete'>): WorkspaceDecision {
  const isKept = view.access('throttle', principal) !== null
  if (!isKept && !wasByRule) return missing('throttle')
  const gone: AccessEntry = { kind: 'throttle', id: principal, value: null }
  return ok({ effects: isKept ? { access: [gone] } : {}, answer: { status: 200, body: { principal, deleted: true } } })
}

export function createPolicy(view: WorkspaceView, { policy }: Command<'policy.create'>, { nowMs }: DecisionContext): WorkspaceDecision {
  if (view.access('policy', policy.policyId) !== null) return alreadyThere('/policyId', 'There is a policy with this id already.')
  const value: AccessPolicy = { ...policy, createdAtMs: nowMs, updatedAtMs: nowMs }
  return full(view, 'policy') ?? changed({ kind: 'policy', id: policy.policyId, value }, 201, value)
}

export function replacePolicy(view: WorkspaceView, { policy }: Command<'policy.replace'>, { nowMs }: DecisionContext): WorkspaceDecision {
  const known = view.access('policy', policy.policyId)
  if (known === null) return missing('policy')
  const value: AccessPolicy = { ...policy, createdAtMs: known.createdAtMs, updatedAtMs: nowMs }
  return changed({ kind: 'policy', id: policy.policyId, value }, 200, value)
}

export function deletePolicy(view: WorkspaceView, { policyId }: Command<'policy.delete'>): WorkspaceDecision {
  if (view.access('policy', policyId) === null) return missing('policy')
  return changed({ kind: 'policy', id: policyId, value: null }, 200, { policyId, deleted: true })
}

/** What may be shown of a client: everything but the hashes. */
export function shownClient({ secrets, ...client }: OAuthClient) {
  return { ...client, secrets: secrets.map(({ hash: _hash, ...secret }) => secret) }
}

function changeable(view: WorkspaceView, clientId: string, standing: Role): Result<OAuthClient> {
  const client = view.access('client', clientId)
  if (client === null) return missing('client')
  return isAbove(client.role, standing) ? clientIsAbove() : ok(client)
}

/** Of the workspace's own users and clients; nobody else has a role that is known here. */
function isPrincipalAbove(view: WorkspaceView, principal: string, standing: Role): boolean {
  const [kind, id] = [principal.slice(0, principal.indexOf(':')), principal.slice(principal.indexOf(':') + 1)]
  const entry = kind === 'user' ? view.user(id) : view.access('client', id)
  return entry !== null && isAbove(roleOf(entry), standing)
}

const unexpired = (secrets: ClientSecret[], nowMs: number) => secrets.filter((secret) => isValidAt(secret, nowMs))

const clientChanged = (client: OAuthClient, status: number) =>
  changed({ kind: 'client', id: client.clientId, value: client }, status, shownClient(client))

const changed = (entry: AccessEntry, status: number, body: unknown): WorkspaceDecision =>
  ok({ effects: { access: [entry] }, answer: { status, body } })

const clientIsAbove = () => fail(failure('auth/insufficient_permissions', 'The role of this client is above your own.'))

const principalIsAbove = () => fail(failure('auth/insufficient_permissions', 'The role of this principal is above your own.'))

const alreadyThere = (pointer: string, detail: string) =>
  fail(failure('resource/already_exists', detail, { errors: [{ pointer, detail }] }))

const endsInThePast = () => fail(invalidInput('/expiresAt', 'Not in the future.'))

const full = (view: WorkspaceView, kind: AccessKind) => (view.accessAll(kind).length >= accessLimits[kind] ? tooMany(kind) : undefined)

const tooMany = (kind: AccessKind) =>
  fail(failure('business/precondition_failed', `A workspace has at most ${accessLimits[kind]} of these. Remove one first.`))

const missing = (what: string) => fail(failure('resource/not_found', `There is no such ${what}.`))
