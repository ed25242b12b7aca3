// A signature (HMAC-SHA-256, base64url) over values that have one spelling, under a purpose, so that what is signed for one
// thing is worth nothing for another.

import { createHmac, timingSafeEqual } from 'node:crypto'
import { canonicalJson } from './canonical.ts'

export interface Seal {
  sign(values: unknown[]): string
  holds(values: unknown[], signature: string): boolean
}

/** `purpose` names the use and its version, `upload/1` say. */
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
