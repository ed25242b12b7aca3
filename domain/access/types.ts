// Who may come to a workspace, and how much: what its log keeps beside its resources and users, and the one document
// that the edge reads of it on every request.

import type { Role, Scope } from '../identity.ts'
import type { EffectiveLimits, Limit } from '../limits/types.ts'

/** An OAuth 2.0 client of a workspace: a machine. Its id begins with the workspace's. */
export interface OAuthClient {
  clientId: string
  name: string
  role: Role
  /** The most that a token of this client may carry. */
  scopes: Scope[]
  /** At most two, of which one is on its way out. Hashes only. */
  secrets: ClientSecret[]
  createdAtMs: number
  updatedAtMs: number
}

export interface ClientSecret {
  secretId: string
  /** SHA-256 (hex). Secrets are 256 random bits, so a slow hash would protect nothing. */
  hash: string
  createdAtMs: number
  /** Absent: until it is removed. */
  expiresAtMs?: number
}

/** Holds one principal to less than the others, until it expires. */
export interface Throttle {
  /** As the limiter names it (domain/access/principal.ts): `user:{userId}` or `client:{subject}`. */
  principal: string
  limit: Limit
  reason: string
  expiresAtMs: number
  createdAtMs: number
}

/** A workspace's own Cedar policy: only `forbid`. */
export interface AccessPolicy {
  policyId: string
  description: string
  /** Cedar. */
  text: string
  createdAtMs: number
  updatedAtMs: number
}

export interface AccessValues {
  client: OAuthClient
  throttle: Throttle
  policy: AccessPolicy
}
export type AccessKind = keyof AccessValues

/** One entry of a workspace's access, whole, as commits carry it; null removes it. */
export type AccessEntry = { [Kind in AccessKind]: { kind: Kind; id: string; value: AccessValues[Kind] | null } }[AccessKind]

/** What the edge knows of a workspace on each request. Remembered for two seconds, as rule sets are. */
export interface WorkspaceAccess {
  workspaceId: string
  /** Grows with every commit of the workspace that changes anything below. */
  version: number
  limits: EffectiveLimits
  /** The clients there are and what they may now: a token of another is no token any more. */
  clients: Pick<OAuthClient, 'clientId' | 'role' | 'scopes'>[]
  /** Those that had not expired when this was read. */
  throttles: Throttle[]
  /** The workspace's own forbids. */
  forbids: { policyId: string; text: string }[]
  /** Origins whose pages may call the API (RFC 6454 serialisations). */
  origins: string[]
  /** `preprovisioned`: nobody signs in who was not made a user before. */
  provisioning: 'open' | 'preprovisioned'
}
