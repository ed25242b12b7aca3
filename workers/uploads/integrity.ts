// What the bytes are said to hash to: by the grant, by `Content-Digest` (RFC 9530), or by S3's checksum field, which many
// uploaders know how to send. SHA-256 only; a digest by another algorithm is left alone, as RFC 9530 has it.

import { failure } from '../../domain/failures.ts'
import { fail, ok, type Result } from '../../domain/result.ts'

const wrong = (parameter: string, detail: string) => fail(failure('validation/invalid_input', detail, { errors: [{ parameter, detail }] }))

/** base64url; null where the request says none. `validation/invalid_input` for what is none, or two that are not the same. */
export function statedSha256(headers: Headers): Result<string | null> {
  const fields = [fromContentDigest(headers.get('content-digest')), fromChecksum(headers.get('x-amz-checksum-sha256'))] as const
  const stated: string[] = []
  for (const field of fields) {
    if (!field.ok) return field
    if (field.value !== null) stated.push(field.value)
  }
  const [one = null, other = one] = stated
  return one === other ? ok(one) : wrong('x-amz-checksum-sha256', 'Content-Digest says another SHA-256.')
}

/** RFC 9530 section 2: a dictionary (RFC 9651) of byte sequences. A later member with the same key counts. */
function fromContentDigest(field: string | null): Result<string | null> {
  if (field === null) return ok(null)
  let found: string | null = null
  for (const member of field.split(',')) {
    const [, name, base64 = ''] = /^[ \t]*([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/]*={0,2}):[ \t]*(?:;.*)?$/.exec(member) ?? []
    if (name === undefined) return wrong('Content-Digest', 'Digests stand as sha-256=:base64: here (RFC 9530).')
    if (name !== 'sha-256') continue
    found = sha256FromBase64(base64)
    if (found === null) return wrong('Content-Digest', 'A SHA-256 has 32 bytes, in base64.')
  }
  return ok(found)
}

function fromChecksum(field: string | null): Result<string | null> {
  if (field === null) return ok(null)
  const found = sha256FromBase64(field.trim())
  return found === null ? wrong('x-amz-checksum-sha256', 'A SHA-256 has 32 bytes, in base64.') : ok(found)
}

function sha256FromBase64(text: string): string | null {
  const bytes = Buffer.from(text, 'base64')
  // Buffer forgives much: what it read must be what was written.
  return bytes.byteLength === 32 && bytes.toString('base64') === text ? bytes.toString('base64url') : null
}

export const hexOf = (base64url: string): string => Buffer.from(base64url, 'base64url').toString('hex')
