// From configuration text (SECOND_ORIGIN) to where the copies of media are. All mistakes at once, each named.

import { fail, ok, type Result } from '../../domain/result.ts'

export interface SecondOriginConfig {
  region: string
  bucket: string
  /** Only where it is not AWS's own: the bucket is then in the path. */
  endpoint?: string
}

/** `{ "region", "bucket", "endpoint"? }`; null for an empty text: there are no copies. */
export function parseSecondOrigin(text: string): Result<SecondOriginConfig | null, string[]> {
  if (text.trim() === '') return ok(null)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return fail(['SECOND_ORIGIN is not JSON'])
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return fail(['SECOND_ORIGIN is not an object'])
  const { region, bucket, endpoint, ...rest } = value as Record<string, unknown>
  const mistakes = Object.keys(rest).map((name) => `SECOND_ORIGIN.${name} is not known`)
  if (!isText(region, /^[a-z]{2}(-[a-z]+)+-\d$/)) mistakes.push('SECOND_ORIGIN.region is not the name of a region')
  // No dots: a bucket's name is a part of the host's, and certificates are for one part.
  if (!isText(bucket, /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/)) mistakes.push('SECOND_ORIGIN.bucket is not the name of a bucket without dots')
  if (endpoint !== undefined && !isEndpoint(endpoint))
    mistakes.push('SECOND_ORIGIN.endpoint is neither an https nor a loopback http origin')
  if (mistakes.length > 0) return fail(mistakes)
  return ok({ region, bucket, ...(endpoint !== undefined && { endpoint }) } as SecondOriginConfig)
}

const isText = (value: unknown, pattern: RegExp): boolean => typeof value === 'string' && pattern.test(value)

/** Private media go there: in clear on this machine only. An origin, since keys are put behind it. */
function isEndpoint(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) return false
  const { protocol, hostname, origin } = new URL(value)
  if (origin !== value.replace(/\/$/, '')) return false
  return protocol === 'https:' || (protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(hostname))
}
