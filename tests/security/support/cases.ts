// What the tests must know of each route, and cannot read off its declaration: which things of a workspace its path and
// its body name, and a body that succeeds. routes.test.ts fails for a route that is declared and has no case here.

import type { Case } from './case.ts'
import { administrationCases } from './cases-administration.ts'
import { appCases } from './cases-app.ts'
import { byteCases } from './cases-bytes.ts'
import { dashboardCases } from './cases-dashboard.ts'
import { mediaCases } from './cases-media.ts'
import { clientCases } from './cases-oauth.ts'
import { platformCases } from './cases-platform.ts'

export const cases: Record<string, Case> = {
  ...administrationCases,
  ...appCases,
  ...byteCases,
  ...clientCases,
  ...dashboardCases,
  ...mediaCases,
  ...platformCases,
}
