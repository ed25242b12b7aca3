// What the edge is built from: the ports, and what proves callers and pages.

import type { LogLine } from '../../domain/telemetry/request-log.ts'
import type { Services } from '../services.ts'
import type { TokenVerifier } from './auth/verify.ts'
import type { PageTokens } from './page-token.ts'

export interface EdgeParts {
  services: Services
  verifier: TokenVerifier
  pages: PageTokens
  /** The operator's secret; an empty one closes /platform/v1. */
  operatorKey: string
  log: LogLine
}
