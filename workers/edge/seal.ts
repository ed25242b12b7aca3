// What we give out and take back: signed (HMAC-SHA-256, base64url) where it may be read, sealed (AES-256-GCM) where it may
// not. Both under a purpose, so that what is made for one thing is worth nothing for another, and both in one spelling only.

import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto'
import { canonicalJson } from './canonical.ts'

export interface Seal {
  sign(values: unknown[]): string
  holds(values: unknown[], signature: string): boolean
}

/** `purpose` names the use and its version, `page/1` say. */
export function sealFor(key: string, purpose: string): Seal {
  const sign = (values: unknown[]) =>
    createHmac('sha256', key)
      .update(canonicalJson([purpose, ...values]))
      .digest()
  return {
    sign: (values) => sign(values).toString('base64url'),
    holds(values, signature) {
      if (!/^[\w-]{43}$/.test(signature)) return false
      const wanted = sign(values)
      // The last character of base64url has spare bits: only the canonical spelling is ours.
      return timingSafeEqual(Buffer.from(signature, 'base64url'), wanted) && wanted.toString('base64url') === signature
    },
  }
}

export interface Box {
  /** `bound` is not in it, and must be the same when it is opened. */
  seal(content: unknown, bound?: unknown[]): string
  /** Null for what we did not seal like this. */
  open(text: string, bound?: unknown[]): unknown
}

const nonceBytes = 12
const tagBytes = 16

/**
 * base64url of nonce, ciphertext and tag. The nonce is an HMAC of what is sealed, so two contents never share one, no
 * randomness is needed, and the same content is sealed the same: who has two may see that they are equal, and nothing else.
 */
export function boxFor(key: string, purpose: string): Box {
  const derived = (use: string) =>
    createHmac('sha256', key)
      .update(canonicalJson(['box', purpose, use]))
      .digest()
  const [cipherKey, nonceKey] = [derived('cipher'), derived('nonce')]
  return {
    seal(content, bound = []) {
      const plain = Buffer.from(JSON.stringify(content))
      const aad = Buffer.from(canonicalJson(bound))
      const nonce = createHmac('sha256', nonceKey).update(`${aad.length}:`).update(aad).update(plain).digest().subarray(0, nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', cipherKey, nonce).setAAD(aad)
      return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]).toString('base64url')
    },
    open(text, bound = []) {
      const bytes = Buffer.from(text, 'base64url')
      if (bytes.length <= nonceBytes + tagBytes || bytes.toString('base64url') !== text) return null
      const decipher = createDecipheriv('aes-256-gcm', cipherKey, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes })
      decipher.setAAD(Buffer.from(canonicalJson(bound))).setAuthTag(bytes.subarray(-tagBytes))
      try {
        const plain = Buffer.concat([decipher.update(bytes.subarray(nonceBytes, -tagBytes)), decipher.final()])
        return JSON.parse(plain.toString())
      } catch {
        return null
      }
    },
  }
}
