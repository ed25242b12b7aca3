// A SHA-256 as clients spell it.

/** base64, base64url or hex, in the one spelling that each has; base64url comes out, padding gone. Null for anything else. */
export function sha256In(given: string): string | null {
  if (/^[\da-f]{64}$/i.test(given)) return Buffer.from(given, 'hex').toString('base64url')
  const plain = /^([\w-]{43}|[A-Za-z\d+/]{43})=?$/.exec(given)?.[1]?.replaceAll('+', '-').replaceAll('/', '_')
  // The last character has spare bits: only the canonical spelling is taken.
  return plain !== undefined && Buffer.from(plain, 'base64url').toString('base64url') === plain ? plain : null
}
