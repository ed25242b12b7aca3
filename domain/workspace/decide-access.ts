// Who may come to the workspace: its OAuth clients, its throttles, its own policies. Pure. Answers carry no secret and no
// hash of one: a stored answer is replayed to whoever has its key.

import type { AccessEntry, AccessKind, AccessPolicy, ClientSecret, OAuthClient, Throttle } from '../access/types.ts'
import { failure, invalidInput } from '../failures.ts'
import { fail, ok } from '../result.ts'
import type { Command, DecisionContext, WorkspaceDecision } from './decision.ts'
import type { WorkspaceView } from './types.ts'

/** Enough for any workspace, and little enough for the edge to read all of it every two seconds. */
export const accessLimits: Record<AccessKind, number> = { client: 100, throttle: 500, policy: 20 }

export function createClient(view: WorkspaceView, { client }: Command<'client.create'>): WorkspaceDecision {
  if (view.access('client', client.clientId) !== null)
    return fail(failure('resource/already_exists', 'There is a client with this id already.'))
  return full(view, 'client') ?? clientChanged(client, 201)
}

export function updateClient(
  view: WorkspaceView,
  { clientId, patch }: Command<'client.update'>,
  { nowMs }: DecisionContext,
): WorkspaceDecision {
  const client = view.access('client', clientId)
  return client === null ? missing('client') : clientChanged({ ...client, ...patch, updatedAtMs: nowMs }, 200)
}

/** RFC 6749 says nothing of rotation; two valid secrets let a client change over without a gap. */
export function addClientSecret(
  view: WorkspaceView,
  { clientId, secret, othersExpireAtMs }: Command<'client.secret.add'>,
  { nowMs }: DecisionContext,
): WorkspaceDecision {
  const client = view.access('client', clientId)
  if (client === null) return missing('client')
  const valid = unexpired(client.secrets, nowMs)
  if (valid.length > 1) return fail(failure('business/precondition_failed', 'Two secrets are valid already. Remove one first.'))
  const others = valid.map((one) => ({ ...one, expiresAtMs: Math.min(one.expiresAtMs ?? othersExpireAtMs, othersExpireAtMs) }))
  return clientChanged({ ...client, secrets: [...others, secret], updatedAtMs: nowMs }, 201)
}

export function removeClientSecret(
  view: WorkspaceView,
  { clientId, secretId }: Command<'client.secret.remove'>,
  { nowMs }: DecisionContext,
): WorkspaceDecision {
  const client = view.access('client', clientId)
  if (client === null) return missing('client')
  const secrets = unexpired(client.secrets, nowMs)
  const kept = secrets.filter((one) => one.secretId !== secretId)
  if (kept.length === secrets.length) return missing('secret')
  return clientChanged({ ...client, secrets: kept, updatedAtMs: nowMs }, 200)
}

export function deleteClient(view: WorkspaceView, { clientId }: Command<'client.delete'>): WorkspaceDecision {
  if (view.access('client', clientId) === null) return missing('client')
  return changed({ kind: 'client', id: clientId, value: null }, 200, { clientId, deleted: true })
}

/** One that has expired is as good as none, and a new one takes its place. */
export function createThrottle(
  view: WorkspaceView,
  { throttle }: Command<'throttle.create'>,
  { nowMs }: DecisionContext,
): WorkspaceDecision {
  const { principal } = throttle
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
  { nowMs }: DecisionContext,
): WorkspaceDecision {
  const known = view.access('throttle', throttle.principal)
  if (known === null || known.expiresAtMs <= nowMs) return missing('throttle')
  if (throttle.expiresAtMs <= nowMs) return endsInThePast()
  const value: Throttle = { ...throttle, createdAtMs: known.createdAtMs }
  return changed({ kind: 'throttle', id: throttle.principal, value }, 200, value)
}

export function deleteThrottle(view: WorkspaceView, { principal }: Command<'throttle.delete'>): WorkspaceDecision {
  if (view.access('throttle', principal) === null) return missing('throttle')
  return changed({ kind: 'throttle', id: principal, value: null }, 200, { principal, deleted: true })
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

const unexpired = (secrets: ClientSecret[], nowMs: number) =>
  secrets.filter(({ expiresAtMs }) => expiresAtMs === undefined || expiresAtMs > nowMs)

const clientChanged = (client: OAuthClient, status: number) =>
  changed({ kind: 'client', id: client.clientId, value: client }, status, shownClient(client))

const changed = (entry: AccessEntry, status: number, body: unknown): WorkspaceDecision =>
  ok({ effects: { access: [entry] }, answer: { status, body } })

const alreadyThere = (pointer: string, detail: string) =>
  fail(failure('resource/already_exists', detail, { errors: [{ pointer, detail }] }))

const endsInThePast = () => fail(invalidInput('/expiresAt', 'Not in the future.'))

const full = (view: WorkspaceView, kind: AccessKind) => (view.accessAll(kind).length >= accessLimits[kind] ? tooMany(kind) : undefined)

const tooMany = (kind: AccessKind) =>
  fail(failure('business/precondition_failed', `A workspace has at most ${accessLimits[kind]} of these. Remove one first.`))

const missing = (what: string) => fail(failure('resource/not_found', `There is no such ${what}.`))
