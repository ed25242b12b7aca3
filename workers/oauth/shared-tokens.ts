// Passed-through tokens in Upstash's Redis, shared by isolates. A value is sealed (AES-256-GCM) under a key derived (HKDF,
// RFC 5869) from the client's own secret and TOKEN_KEY, neither of which is in the store: whoever has the store alone has
// nothing, and whoever writes to it cannot make us serve a token. One second for each command, and no retries: the store
// saves a request, it must not cost one.

import { createHmac } from 'node:crypto'
import { Redis } from '@upstash/redis/cloudflare'
import { z } from 'zod'
import type { KeptToken, SharedTokens } from './pass-through.ts'

interface Settings {
  url: string
  token: string
  tokenKey: string
}

interface Ports {
  now: () => number
  randomBytes: (count: number) => Uint8Array
}

const commandWithinMs = 1000
const nonceBytes = 12

const keptToken = z.object({ body: z.record(z.string(), z.unknown()), expiresAtMs: z.number(), keepUntilMs: z.number() })

export function sharedTokens({ url, token, tokenKey }: Settings, { now, randomBytes }: Ports): SharedTokens {
  const redis = new Redis({
    url,
    token,
    retry: false,
    signal: () => AbortSignal.timeout(commandWithinMs),
    automaticDeserialization: false,
    responseEncoding: false,
    enableTelemetry: false,
    // It would join commands of several requests in one promise, which Workers do not allow.
    enableAutoPipelining: false,
  })

  async function sealingKey(name: string, secret: string): Promise<CryptoKey> {
    const salt = createHmac('sha256', tokenKey).update(`seal:${name}`).digest()
    const material = await crypto.subtle.importKey('raw', new TextEncoder().encode(secret), 'HKDF', false, ['deriveKey'])
    const info = new TextEncoder().encode('laurel passed-through token')
    return crypto.subtle.deriveKey({ name: 'HKDF', hash: 'SHA-256', salt, info }, material, { name: 'AES-GCM', length: 256 }, false, [
      'encrypt',
      'decrypt',
    ])
  }

  /** The name is sealed in: a value that was moved to another name does not open. */
  const sealing = (name: string, iv: Uint8Array) => ({ name: 'AES-GCM', iv, additionalData: new TextEncoder().encode(name) })

  return {
    async get(key, secret) {
      const name = nameOf(key)
      const sealed = await redis.get<string>(name)
      if (sealed === null) return null
      const bytes = Buffer.from(sealed, 'base64')
      const iv = bytes.subarray(0, nonceBytes)
      const opened = await crypto.subtle.decrypt(sealing(name, iv), await sealingKey(name, secret), bytes.subarray(nonceBytes))
      return keptToken.parse(JSON.parse(new TextDecoder().decode(opened))) satisfies KeptToken
    },
    async put(key, secret, kept) {
      const seconds = Math.floor((kept.keepUntilMs - now()) / 1000)
      if (seconds < 1) return
      const name = nameOf(key)
      const iv = randomBytes(nonceBytes)
      const plain = new TextEncoder().encode(JSON.stringify(kept))
      const sealed = await crypto.subtle.encrypt(sealing(name, iv), await sealingKey(name, secret), plain)
      await redis.set(name, Buffer.concat([iv, new Uint8Array(sealed)]).toString('base64'), { ex: seconds })
    },
  }
}

const nameOf = (key: string): string => `laurel:token:${key}`
