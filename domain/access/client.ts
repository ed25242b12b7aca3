// OAuth 2.0 clients of a workspace: their ids and secrets. An id begins with its workspace's, so that whoever shows one is
// looked for in that workspace and nowhere else.
//
// A secret is 256 random bits: nobody guesses it, so a plain SHA-256 is kept, and comparing costs the same whether there
// is such a client or not.

import { createHash, timingSafeEqual } from 'node:crypto'
import type { ClientSecret, OAuthClient } from './types.ts'

const clientIdShape = /^([A-Za-z0-9_-]{10})\.[A-Za-z0-9_-]{10,32}$/

/** `id` is a nanoid. */
export const newClientId = (workspaceId: string, id: string): string => `${workspaceId}.${id}`

/** Null for what no client of ours is called. */
export const workspaceOfClient = (clientId: string): string | null => clientIdShape.exec(clientId)?.[1] ?? null

/** `random` are 32 bytes. The prefix lets a secret be found in places where none should be. */
export const newClientSecret = (random: Uint8Array): string => `ls_${Buffer.from(random).toString('base64url')}`

export const hashOfSecret = (secret: string): string => createHash('sha256').update(secret).digest('hex')

/** What a workspace's log keeps of a secret. */
export const keptSecret = (secretId: string, secret: string, createdAtMs: number): ClientSecret => ({
  secretId,
  hash: hashOfSecret(secret),
  createdAtMs,
})

export const isValidAt = ({ expiresAtMs }: Pick<ClientSecret, 'expiresAtMs'>, nowMs: number): boolean =>
  expiresAtMs === undefined || expiresAtMs > nowMs

/** No secret hashes to it: SHA-256 in hex is never all zeros in practice, and nobody knows an input that would be. */
const nobodysHash = '0'.repeat(64)

/**
 * Whether one of the client's valid secrets is this one. Two comparisons, always and each in constant time, so that neither
 * a missing client nor the number of its secrets is told by the time it takes.
 */
export function hasSecret(client: Pick<OAuthClient, 'secrets'> | null, secret: string, nowMs: number): boolean {
  const given = Buffer.from(hashOfSecret(secret), 'hex')
  const valid = (client?.secrets ?? []).filter((one) => isValidAt(one, nowMs))
  const hashes = [0, 1].map((i) => Buffer.from(valid[i]?.hash ?? nobodysHash, 'hex'))
  return hashes.map((hash) => timingSafeEqual(hash, given)).includes(true)
}
