// From configuration text (VERIFIED_PERMISSIONS) to where the policy store is. All mistakes at once, each named.

import { fail, ok, type Result } from '../../domain/result.ts'

export interface VerifiedPermissionsConfig {
  region: string
  policyStoreId: string
  /** Only where it is not AWS's own. */
  endpoint?: string
}

/** `{ "region", "policyStoreId", "endpoint"? }`; null for an empty text: nothing is asked of the service. */
export function parseVerifiedPermissions(text: string): Result<VerifiedPermissionsConfig | null, string[]> {
  if (text.trim() === '') return ok(null)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return fail(['VERIFIED_PERMISSIONS is not JSON'])
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return fail(['VERIFIED_PERMISSIONS is not an object'])
  const { region, policyStoreId, endpoint, ...rest } = value as Record<string, unknown>
  const mistakes = Object.keys(rest).map((name) => `VERIFIED_PERMISSIONS.${name} is not known`)
  if (!isText(region, /^[a-z]{2}(-[a-z]+)+-\d$/)) mistakes.push('VERIFIED_PERMISSIONS.region is not the name of a region')
  if (!isText(policyStoreId, /^[a-zA-Z0-9/_-]{1,200}$/)) mistakes.push('VERIFIED_PERMISSIONS.policyStoreId is not the id of a policy store')
  if (endpoint !== undefined && !isEndpoint(endpoint)) mistakes.push('VERIFIED_PERMISSIONS.endpoint is neither https nor http on loopback')
  if (mistakes.length > 0) return fail(mistakes)
  return ok({ region, policyStoreId, ...(endpoint !== undefined && { endpoint }) } as VerifiedPermissionsConfig)
}

const isText = (value: unknown, pattern: RegExp): boolean => typeof value === 'string' && pattern.test(value)

/** A question says who does what: it travels in clear on this machine only. */
function isEndpoint(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) return false
  const { protocol, hostname, username, password } = new URL(value)
  if (username || password) return false
  return protocol === 'https:' || (protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(hostname))
}
