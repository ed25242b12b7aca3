// Nothing secret is in an audit record, in two ways that do not rely on each other: who may come to a workspace, and who is
// signed in, is shown member by member (an allow-list: a new member is not shown until it is named here), and in all that
// is shown a text or number whose member's name says that it is a secret is cut out.
// Trade-off: a client's own data under such a name (`{"token": 5}`) is cut out too; the log has it.

import type { AccessKind, AccessValues } from '../access/types.ts'
import type { Session } from '../sessions/types.ts'
import type { EntityKind } from './types.ts'

const secretName =
  /(?:secret|hash|password|passphrase|token|credential|signature|cookie|authorization|private[-_]?key|api[-_]?key|signing[-_]?key)(?:e?s)?$/i

export const redactedMark = '[redacted]'

const allowed: { [Kind in AccessKind]: (value: AccessValues[Kind]) => unknown } & { session: (value: Session) => unknown } = {
  client: ({ clientId, name, role, scopes, secrets, createdAtMs, updatedAtMs }) => ({
    clientId,
    name,
    role,
    scopes,
    secrets: secrets.map(({ secretId, createdAtMs, expiresAtMs }) => ({
      secretId,
      createdAtMs,
      ...(expiresAtMs !== undefined && { expiresAtMs }),
    })),
    createdAtMs,
    updatedAtMs,
  }),
  throttle: ({ principal, limit, reason, expiresAtMs, createdAtMs }) => ({ principal, limit, reason, expiresAtMs, createdAtMs }),
  policy: ({ policyId, description, text, createdAtMs, updatedAtMs }) => ({ policyId, description, text, createdAtMs, updatedAtMs }),
  session: ({ sessionId, context, platform, createdAtMs, refreshedAtMs, expiresAtMs }) => ({
    sessionId,
    context,
    platform,
    createdAtMs,
    refreshedAtMs,
    expiresAtMs,
  }),
}

/** The value of an entity as a record may hold it; null stays null. */
export function shown(kind: EntityKind, value: unknown): unknown {
  if (value === null || value === undefined) return null
  return redacted(kind in allowed ? (allowed[kind as keyof typeof allowed] as (value: unknown) => unknown)(value) : value)
}

/** A copy without what is secret by its name, at any depth. */
export function redacted(value: unknown, isSecret = false): unknown {
  if (Array.isArray(value)) return value.map((item) => redacted(item, isSecret))
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, redacted(member, secretName.test(name))]))
  return isSecret && (typeof value === 'string' || typeof value === 'number') ? redactedMark : value
}
