// What the worst costs that somebody may send or write within their limits: a body, and a rule set with an event.

import { laidOut } from '../table.ts'
import { worstBodies } from './bodies.ts'
import { tableOfRules, worstRules } from './rules.ts'

interface Worst {
  bodies: Awaited<ReturnType<typeof worstBodies>>
  rules: Awaited<ReturnType<typeof worstRules>>
}

/** The tables, and all figures. */
export async function runWorst(): Promise<Worst & { text: string }> {
  const bodies = await worstBodies()
  const rows = bodies.map(({ cpuMs, sentBytes, members, status, route, shape }) => [
    cpuMs.toFixed(1),
    String(Math.ceil(sentBytes / 1024)),
    String(members),
    String(status),
    route,
    shape,
  ])
  const rules = await worstRules()
  const tables = [
    'The worst body of each route',
    ...laidOut([['CPU ms', 'KB', 'members', 'status', 'route', 'shape'], ...rows], [4, 5]),
    '',
    'The worst rule sets and events',
    tableOfRules(rules),
  ]
  return { text: tables.join('\n'), bodies, rules }
}
