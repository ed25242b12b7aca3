// Routes by which a workspace says who may come (cases.ts says what this is).

import { nanoid } from 'nanoid'
import type { Case } from './case.ts'
import { doomed, policy, policyOf, throttle, throttledBy } from './furnishings.ts'
import type { Things } from './tenants.ts'

const ofThrottle = (its: Things) => ({ principal: throttledBy(its) })
const ofPolicy = (its: Things) => ({ policyId: policyOf(its) })

export const administrationCases: Record<string, Case> = {
  'GET /dashboard/v1/workspace-settings': { status: 200, least: 'admin' },
  'PATCH /dashboard/v1/workspace-settings': {
    status: 200,
    least: 'admin',
    body: () => ({
      strict: false,
      derivedIdempotency: true,
      idempotency: { givenSeconds: 3600, derivedSeconds: null },
      origins: [`https://${nanoid(5).toLowerCase().replaceAll(/[-_]/g, 'x')}.example.org`],
      provisioning: 'open',
      limits: { suspect: { refusals: 5000, withinSeconds: 60, limit: { quota: 20, windowSeconds: 10 }, forSeconds: 60 } },
    }),
  },
  'GET /dashboard/v1/throttles': { status: 200, least: 'admin' },
  'POST /dashboard/v1/throttles': { status: 201, least: 'admin', body: () => ({ ...throttle, principal: `user:${nanoid()}` }) },
  'GET /dashboard/v1/throttles/:principal': { status: 200, least: 'admin', params: ofThrottle },
  'PUT /dashboard/v1/throttles/:principal': { status: 200, least: 'admin', params: ofThrottle, body: () => throttle },
  'DELETE /dashboard/v1/throttles/:principal': {
    status: 200,
    least: 'admin',
    params: (its) => ({ principal: doomed(throttledBy(its)) }),
  },
  'GET /dashboard/v1/policies': { status: 200, least: 'admin' },
  'POST /dashboard/v1/policies': {
    status: 201,
    least: 'admin',
    body: () => ({ ...policy, policyId: `p${nanoid()}` }),
    chosen: [{ pointer: '/policyId', of: policyOf }],
  },
  'GET /dashboard/v1/policies/:policyId': { status: 200, least: 'admin', params: ofPolicy },
  'PUT /dashboard/v1/policies/:policyId': { status: 200, least: 'admin', params: ofPolicy, body: () => policy },
  'DELETE /dashboard/v1/policies/:policyId': { status: 200, least: 'admin', params: (its) => ({ policyId: doomed(policyOf(its)) }) },
}
