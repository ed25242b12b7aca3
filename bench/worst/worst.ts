// `npm run bench -- --worst`: what the worst costs that somebody may send or write within their limits.

import { laidOut } from '../table.ts'
import { worstBodies } from './bodies.ts'

/** The tables, and all figures. */
export async function runWorst(): Promise<{ text: string; bodies: Awaited<ReturnType<typeof worstBodies>> }> {
  const bodies = await worstBodies()
  const rows = bodies.map(({ cpuMs, sentBytes, members, status, route, shape }) => [
    cpuMs.toFixed(1),
    String(Math.ceil(sentBytes / 1024)),
    String(members),
    String(status),
    route,
    shape,
  ])
  const text = ['The worst body of each route', ...laidOut([['CPU ms', 'KB', 'members', 'status', 'route', 'shape'], ...rows], [4, 5])]
  return { text: text.join('\n'), bodies }
}
