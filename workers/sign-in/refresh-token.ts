// Refresh tokens: `{workspaceId}.{userId}.{sessionId}.{secret}`, opaque to whoever holds one. The names find the user's
// object; the secret proves the rest.
//
// Guarantees
// - A token that we did not make is told from an old one of ours without asking an object (the secret ends with a MAC over
//   everything before it), so a made-up token neither wakes an object nor ends a session.
// - The next secret follows from the shown one and our key: whoever repeats a refresh whose answer was lost is given the
//   very token that was lost, and two tabs that refresh at once hold the same. An old secret without the key tells nothing.
// Trade-off: with another TOKEN_KEY every refresh token is void, and everybody signs in again.

import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { PlayerRef } from '../../durable-objects/player/rpc.ts'

export interface RefreshToken extends PlayerRef {
  sessionId: string
  /** SHA-256 (hex) of the secret: what the session keeps. */
  hash: string
  /** As it is given out. */
  text: string
}

export interface RefreshTokens {
  /** The first of a session: 256 random bits. */
  first(session: PlayerRef & { sessionId: string }): RefreshToken
  /** Null where it is none of ours. That it is still good is for the session to say. */
  open(text: string): RefreshToken | null
  /** The one that takes the place of this one, always the same. */
  next(token: RefreshToken): RefreshToken
}

const shape = /^([A-Za-z0-9_-]{10})\.([\w-]{2,172})\.([\w-]{1,64})\.([\w-]{43})([\w-]{22})$/

export interface RefreshTokenParts {
  /** TOKEN_KEY. */
  key: string
  randomBytes: (count: number) => Uint8Array
}

export function refreshTokens({ key, randomBytes }: RefreshTokenParts): RefreshTokens {
  const mac = (purpose: string, ...parts: string[]) => createHmac('sha256', key).update(JSON.stringify([purpose, ...parts]))
  const proofOf = (names: string, value: string) => mac('refresh-token/1', names, value).digest().subarray(0, 16)

  function made({ workspaceId, userId, sessionId }: PlayerRef & { sessionId: string }, value: string): RefreshToken {
    const names = `${workspaceId}.${Buffer.from(userId).toString('base64url')}.${sessionId}`
    const secret = value + proofOf(names, value).toString('base64url')
    const hash = createHash('sha256').update(secret).digest('hex')
    return { workspaceId, userId, sessionId, hash, text: `${names}.${secret}` }
  }

  return {
    first: (session) => made(session, Buffer.from(randomBytes(32)).toString('base64url')),
    open(text) {
      const [, workspaceId = '', encoded = '', sessionId = '', value = '', proof = ''] = shape.exec(text) ?? []
      const wanted = proofOf(`${workspaceId}.${encoded}.${sessionId}`, value)
      const given = Buffer.from(proof, 'base64url')
      if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return null
      const token = made({ workspaceId, userId: Buffer.from(encoded, 'base64url').toString(), sessionId }, value)
      // Base64url has spare bits: only the canonical spelling is ours.
      return token.text === text ? token : null
    },
    next(token) {
      const value = token.text.slice(token.text.lastIndexOf('.') + 1).slice(0, 43)
      return made(token, mac('refresh-token-after/1', token.sessionId, value).digest('base64url'))
    },
  }
}
