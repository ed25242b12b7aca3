// What a workspace of the tests has beside its game: throttles and policies, one to keep and one to take away of each.

export const throttle = { quota: 10, windowSeconds: 10, reason: 'Scraping', expiresAt: '2999-01-01T00:00:00Z' }
export const policy = {
  description: 'Words',
  text: 'forbid (principal, action, resource) when { context.operation == "nothing/at-all" };',
}

interface Marked {
  marker: string
}

export const throttledBy = ({ marker }: Marked) => `user:throttled-${marker}`
export const policyOf = ({ marker }: Marked) => `policy-${marker}`.replaceAll('_', '-')
export const doomed = (id: string) => `${id}-doomed`

/** Paths of the dashboard, and what to post there. */
export const furnishings = (its: Marked): [path: string, body: Record<string, unknown>][] => [
  ['/throttles', { ...throttle, principal: throttledBy(its) }],
  ['/throttles', { ...throttle, principal: doomed(throttledBy(its)) }],
  ['/policies', { ...policy, policyId: policyOf(its) }],
  ['/policies', { ...policy, policyId: doomed(policyOf(its)) }],
]
