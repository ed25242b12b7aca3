// What the edge is built from: the ports, and what proves callers and pages.

import type { Result } from '../../domain/result.ts'
import type { LogLine } from '../../domain/telemetry/request-log.ts'
import type { MediaLinks } from '../media/links.ts'
import type { Identities } from '../oauth/identities.ts'
import type { Services } from '../services.ts'
import type { DeviceProofs } from '../sign-in/device-proof.ts'
import type { RefreshTokens } from '../sign-in/refresh-token.ts'
import type { UploadGrants } from '../uploads/grants.ts'
import type { TokenVerifier } from './auth/verify.ts'
import type { Limiter } from './limits/limiter.ts'
import type { Makers } from './makers.ts'
import type { PageTokens } from './page-token.ts'
import type { PolicyDecider } from './policy/decider.ts'
import type { Standings } from './standings.ts'
import type { Telemetry } from './telemetry/trace.ts'

export interface EdgeParts {
  services: Services
  /** Scheme and host of this deployment, as configured: what URLs in answers begin with. Whoever sends a request chooses its Host. */
  ownOrigin: string
  verifier: TokenVerifier
  pages: PageTokens
  uploadGrants: UploadGrants
  mediaLinks: MediaLinks
  /** Who the people that call are by now. */
  standings: Standings
  /** Whether whoever made a URL may still do what it is for. */
  makers: Makers
  policies: PolicyDecider & { checkForbid: (text: string) => Promise<Result<void>> }
  limits: Limiter
  /** True where one more request of this address may pass; by what the route says it is limited by. */
  addressLimits: Record<'sign-in' | 'token' | 'transform', (address: string) => Promise<boolean>>
  /** Who we are as an issuer, and where client credentials go. */
  identities: Identities
  refreshTokens: RefreshTokens
  deviceProofs: DeviceProofs
  randomBytes: (count: number) => Uint8Array
  /** The operator's secret; an empty one closes /platform/v1. */
  operatorKey: string
  telemetry: Telemetry
  log: LogLine
}
